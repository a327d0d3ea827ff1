/**
 * What stands in a run's timeline, and how an event becomes a line of it. Pure. Above: story.ts, which keeps the lines in order.
 * Lean: a run may have a hundred thousand of them.
 */
import type { Act, FileChange, Option, PlanEntry } from '@/api/events'
import type { Tone } from '@/kit/Status'
import type { LiveEvent } from '@/live/live'
import { compact } from './words'

export interface Place {
  /** Its place in the timeline, counted from 0; never changes. */
  key: number
  /** The event that made it: what a link to it names. */
  seq: number
  at: string
  attempt: number | null
}
export interface Tool {
  kind: 'tool'
  id: string
  title: string
  tool: string
  status: 'pending' | 'running' | 'completed' | 'failed'
  input: string
  output: string
  changes: FileChange[]
}
export interface Asked {
  kind: 'question'
  question: string
  title: string
  detail: string
  options: Option[]
  act: Act
  tool: string | null
  /** The rule that wanted a person to be asked; null where no rule did. */
  rule: string | null
  /** null while it is open; `option` null when nobody needs an answer any more. */
  answer: { option: string | null; text: string | null; by: string } | null
}
export interface Checked {
  kind: 'check'
  name: string
  command: string
  round: number
  /** null while it runs. */
  passed: boolean | null
  exitCode: number | null
  seconds: number | null
  output: string
}
export type Body =
  | { kind: 'prompt'; number: number | null; text: string; by: string | null }
  | { kind: 'message' | 'thought' | 'log' | 'result'; text: string }
  | { kind: 'plan'; steps: PlanEntry[] }
  | { kind: 'decided'; title: string; act: Act; effect: 'allow' | 'deny' | 'ask'; rule: string | null }
  | { kind: 'border'; text: string; detail: string; tone: Tone }
  | { kind: 'note'; text: string; detail: string; tone: Tone }
  | Tool
  | Asked
  | Checked
export type Entry = Place & Body

/** The line that an event adds, or null: it adds none, or changes one that is there (story.ts). */
export function lineOf(event: LiveEvent): Body | null {
  switch (event.kind) {
    case 'run.submitted':
      return { kind: 'prompt', number: 0, text: event.prompt, by: event.actor ?? null }
    case 'prompt.taken':
      return event.number === 0 ? null : { kind: 'prompt', number: event.number, text: event.text, by: null }
    case 'agent.message':
      return { kind: 'message', text: event.text }
    case 'agent.thought':
      return { kind: 'thought', text: event.text }
    case 'agent.log':
      return { kind: 'log', text: event.text }
    case 'agent.plan':
      return { kind: 'plan', steps: event.entries }
    case 'agent.tool':
      return { kind: 'tool', id: event.id, title: event.title, tool: event.tool, status: event.status, input: event.input, output: event.output, changes: event.changes }
    case 'permission.decided':
      return { kind: 'decided', title: event.title, act: event.act, effect: event.effect, rule: event.rule }
    case 'question.asked':
      return { kind: 'question', question: event.question, title: event.title, detail: event.detail, options: event.options, act: event.act, tool: event.tool, rule: event.rule || null, answer: null }
    case 'check.started':
      return { kind: 'check', name: event.name, command: event.command, round: event.round, passed: null, exitCode: null, seconds: null, output: '' }
    case 'check.ended':
      return { kind: 'check', name: event.name, command: event.command, round: event.round, passed: event.passed, exitCode: event.exit_code, seconds: event.seconds, output: event.output }
    case 'attempt.started':
      return { kind: 'border', text: `Attempt ${event.attempt ?? 1}`, detail: [event.agent_version, event.model, sandboxed(event.sandbox)].filter(Boolean).join(' · '), tone: 'plain' }
    case 'attempt.lost':
      return note('bad', `Attempt ${event.attempt ?? ''} was lost`, event.node ? `Node ${event.node} does not answer any more.` : '')
    case 'attempt.ended':
      return ended(event)
    case 'run.waiting':
      return note('warn', WAITS[event.reason] ?? `Waits for ${event.reason}`, event.until ? `Until ${new Date(event.until).toLocaleString('en')}` : event.who)
    case 'run.resumed':
      return note('run', 'Goes on', '')
    case 'run.completed':
      return note('ok', 'Completed', event.branch ? `Branch ${event.branch}` : '')
    case 'run.failed':
      return note('bad', 'Failed', event.error)
    case 'run.cancelled':
      return note('plain', 'Stopped', event.reason || (event.actor ? `By ${event.actor}` : ''))
    case 'run.handed_over':
      return note('info', `Handed over from ${event.before} to ${event.agent}`, event.why)
    case 'run.reviewed':
      return note(event.approved ? 'ok' : 'warn', `${event.by} ${event.approved ? 'approved the result' : 'wants changes'}`, event.text)
    case 'run.discarded':
      return note('bad', `${event.by} discarded the result`, event.text)
    case 'remarks.sent':
      return note('info', `${event.by} sent ${event.remarks.length === 1 ? 'a comment' : `${event.remarks.length} comments`} on lines`, '')
    case 'remarks.judged':
      return note('info', `Comments: ${event.addressed.length} addressed, ${event.still_open.length} still open`, '')
    case 'run.receipt':
      return note('ok', 'Receipt issued', `SHA-256 ${event.digest}`)
    case 'budget.reached':
      return note(event.percent >= 100 ? 'bad' : 'warn', `${event.percent} % of the budget of ${event.scope === 'run' ? 'this run' : `${event.scope} ${event.name}`.trim()} is used`, `$${event.spent_usd.toFixed(2)}${event.usd === null ? '' : ` of $${event.usd.toFixed(2)}`}`)
    case 'checks.demanded':
      return event.names.length ? note('plain', `The result must pass ${event.names.join(', ')}`, event.review ? 'A person must approve it, too.' : '') : null
    case 'work.committed':
      return note('ok', `Committed ${event.head.slice(0, 10)} on ${event.branch}${event.repository && ` of ${event.repository}`}`, `${event.files} ${event.files === 1 ? 'file' : 'files'}, +${event.additions} −${event.deletions}`)
    case 'work.saved':
      return note('plain', 'Unfinished work was put aside', event.ref)
    default:
      return null
  }
}

const WAITS: Record<string, string> = {
  approval: 'Waits for your leave',
  question: 'Waits for an answer',
  review: 'Waits for a review',
  quota: 'The quota is used up',
  budget: 'The budget is used up',
  dependency: 'Waits for another task',
  schedule: 'Waits for its time',
  node_offline: 'The node does not answer',
  ci: 'Waits for the checks',
}

function note(tone: Tone, text: string, detail: string): Body {
  return { kind: 'note', text, detail, tone }
}

const sandboxed = (sandbox: string): string => (sandbox === 'none' ? 'no sandbox' : sandbox)

function ended({ outcome, error, pause, attempt }: Extract<LiveEvent, { kind: 'attempt.ended' }>): Body | null {
  if (outcome === 'completed') return null // what the run becomes stands below it
  const tone: Tone = outcome === 'failed' ? 'bad' : outcome === 'paused' ? 'warn' : 'plain'
  return note(tone, `Attempt ${attempt ?? ''} ${outcome}`, pause?.why ?? error ?? '')
}

/** Its colour in the strip; the same as of its mark in the timeline. */
export function toneOf(entry: Body): Tone {
  switch (entry.kind) {
    case 'prompt':
      return 'info'
    case 'message':
    case 'result':
      return 'accent'
    case 'tool':
      return entry.status === 'failed' ? 'bad' : 'run'
    case 'question':
      return 'warn'
    case 'check':
      return entry.passed === null ? 'run' : entry.passed ? 'ok' : 'bad'
    case 'decided':
      return entry.effect === 'deny' ? 'bad' : 'plain'
    case 'note':
    case 'border':
      return entry.tone
    case 'thought':
    case 'log':
    case 'plan':
      return 'plain'
  }
}

/** In the order in which they matter: where one column of the strip holds several, the last of these is seen. */
export const TONES: readonly Tone[] = ['plain', 'run', 'accent', 'info', 'ok', 'warn', 'bad']
export const codeOf = (entry: Body): number => TONES.indexOf(toneOf(entry))

/** With Focus on: what people and agents say to each other and what came of it, without the noise of the work. */
export function isChief(entry: Body): boolean {
  if (entry.kind === 'tool') return entry.status === 'failed'
  if (entry.kind === 'decided') return entry.effect === 'deny'
  return entry.kind !== 'thought' && entry.kind !== 'log'
}

/** All words of it, for finding and copying. */
export function textOf(entry: Body): string {
  switch (entry.kind) {
    case 'prompt':
    case 'message':
    case 'thought':
    case 'log':
    case 'result':
      return entry.text
    case 'plan':
      return entry.steps.map((step) => `${step.status === 'completed' ? '[x]' : '[ ]'} ${step.text}`).join('\n')
    case 'tool':
      return [entry.title, entry.input, ...entry.changes.flatMap((change) => [change.path, change.new]), entry.output].filter(Boolean).join('\n')
    case 'question':
      return [entry.title, entry.detail, entry.answer?.text].filter(Boolean).join('\n')
    case 'decided':
      return [entry.title, compact(entry.act), entry.rule].filter(Boolean).join('\n')
    case 'check':
      return [entry.name, entry.command, entry.output].filter(Boolean).join('\n')
    case 'border':
    case 'note':
      return [entry.text, entry.detail].filter(Boolean).join('\n')
  }
}
