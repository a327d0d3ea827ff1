// A configuration while somebody edits it: rows with keys of their own, numbers as they are typed. Pure.

import type { AgentConfiguration, Fallback, McpServer, Rule } from '@/api/schema'

export interface Row {
  /** By which the row is told apart while it is moved and edited. */
  id: number
}
export interface Variable extends Row {
  name: string
  value: string
}
export interface Server extends Row {
  name: string
  way: 'command' | 'url'
  /** The program with its arguments, or the address. */
  target: string
  env: Record<string, string>
  headers: Record<string, string>
  type: 'http' | 'sse'
}
export interface Step extends Row {
  kind: 'account' | 'model' | 'agent'
  name: string
  /** What else the step says, which the form does not show. */
  more: Fallback
}
export interface RuleRow extends Row {
  effect: Rule['effect']
  tool: string
  command: string
  path: string
  host: string
  why: string
}
export const NUMBERS = ['timeout_seconds', 'answer_seconds', 'budget_usd', 'budget_tokens', 'same_calls', 'calls_without_change'] as const
export const WORDS = ['model', 'account', 'session_mode', 'instructions'] as const
export type Draft = Record<(typeof NUMBERS)[number] | (typeof WORDS)[number], string> & {
  mode: '' | 'ask' | 'auto'
  answered_by: '' | 'developer' | 'admin'
  env: Variable[]
  mcp_servers: Server[]
  fallback: Step[]
  rules: RuleRow[]
}

let last = 0
export const fresh = (): number => ++last

export function draftOf(said: AgentConfiguration): Draft {
  return {
    model: said.model ?? '',
    account: said.account ?? '',
    session_mode: said.session_mode ?? '',
    instructions: said.instructions ?? '',
    mode: said.mode ?? '',
    answered_by: said.answered_by ?? '',
    timeout_seconds: numeral(said.timeout_seconds),
    answer_seconds: numeral(said.answer_seconds),
    budget_usd: numeral(said.budget_usd),
    budget_tokens: numeral(said.budget_tokens),
    same_calls: numeral(said.same_calls),
    calls_without_change: numeral(said.calls_without_change),
    env: Object.entries(said.env ?? {}).map(([name, value]) => ({ id: fresh(), name, value })),
    mcp_servers: (said.mcp_servers ?? []).map(serverOf),
    fallback: (said.fallback ?? []).map(stepOf),
    rules: (said.rules ?? []).map((rule) => ({
      id: fresh(),
      effect: rule.effect,
      tool: rule.tool ?? '*',
      command: rule.command ?? '',
      path: rule.path ?? '',
      host: rule.host ?? '',
      why: rule.why ?? '',
    })),
  }
}

const numeral = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value))

function serverOf(server: McpServer): Server {
  const { name, command = '', args = [], url = '', env = {}, headers = {}, type = 'http' } = server
  return { id: fresh(), name, way: url ? 'url' : 'command', target: url || [command, ...args].map(quoted).join(' '), env, headers, type }
}

function stepOf(step: Fallback): Step {
  const kind = step.agent ? 'agent' : step.account ? 'account' : 'model'
  const { [kind]: name, ...more } = step
  return { id: fresh(), kind, name: name ?? '', more }
}

/** What the draft says; what is empty is left out. Rows without a name, and rules without a word, say nothing yet. */
export function configurationOf(draft: Draft): AgentConfiguration {
  const said: AgentConfiguration = {}
  for (const name of WORDS) if (draft[name].trim()) said[name] = name === 'instructions' ? draft[name] : draft[name].trim()
  for (const name of NUMBERS) if (draft[name].trim() && Number.isFinite(Number(draft[name]))) said[name] = Number(draft[name])
  if (draft.mode) said.mode = draft.mode
  if (draft.answered_by) said.answered_by = draft.answered_by
  const env = draft.env.filter(({ name }) => name.trim())
  if (env.length) said.env = Object.fromEntries(env.map(({ name, value }) => [name.trim(), value]))
  const servers = draft.mcp_servers.filter(({ name, target }) => name.trim() || target.trim())
  if (servers.length) said.mcp_servers = servers.map(mcpOf)
  const steps = draft.fallback.filter(({ name }) => name.trim())
  if (steps.length) said.fallback = steps.map(({ kind, name, more }) => ({ ...more, [kind]: name.trim() }))
  if (draft.rules.length) said.rules = draft.rules.map(ruleOf)
  return said
}

function mcpOf({ name, way, target, env, headers, type }: Server): McpServer {
  if (way === 'url') return { name: name.trim(), url: target.trim(), ...(Object.keys(headers).length ? { headers } : {}), ...(type === 'http' ? {} : { type }) }
  const [command = '', ...args] = wordsOf(target)
  return { name: name.trim(), command, ...(args.length ? { args } : {}), ...(Object.keys(env).length ? { env } : {}) }
}

export function ruleOf({ effect, tool, command, path, host, why }: RuleRow): Rule {
  return { effect, ...(tool === '*' ? {} : { tool }), ...(command && { command }), ...(path && { path }), ...(host && { host }), ...(why && { why }) }
}

/** What is no number where one is wanted, by field. */
export function wrongIn(draft: Draft): Partial<Record<(typeof NUMBERS)[number], string>> {
  const wrong = NUMBERS.filter((name) => draft[name].trim() && !Number.isFinite(Number(draft[name])))
  return Object.fromEntries(wrong.map((name) => [name, 'This is no number.']))
}

/** Whether both say the same. */
export const isSame = (one: AgentConfiguration, other: AgentConfiguration): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]))
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** The words of a command line, as a shell parts them; nothing in it is filled in. */
export function wordsOf(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const sign = line[at]!
    if (quote === "'" ? sign === "'" : quote === '"' && sign === '"') quote = ''
    else if (quote === "'") word += sign
    else if (sign === '\\' && at + 1 < line.length) word = (word ?? '') + line[++at]!
    else if (quote) word += sign
    else if (sign === "'" || sign === '"') {
      quote = sign
      word ??= ''
    } else if (/\s/.test(sign)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + sign
  }
  return word === null ? words : [...words, word]
}

/** The list with one row moved by so many places; over the ends it stays. */
export function moved<T>(rows: readonly T[], from: number, by: number): T[] {
  const to = from + by
  if (to < 0 || to >= rows.length) return [...rows]
  const list = [...rows]
  list.splice(to, 0, ...list.splice(from, 1))
  return list
}
