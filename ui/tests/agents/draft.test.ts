import { expect, test } from 'vitest'
import type { AgentConfiguration } from '../../src/api/schema'
import { configurationOf, draftOf, isSame, moved, wordsOf, wrongIn } from '../../src/features/agents/draft'

const WHOLE: AgentConfiguration = {
  model: 'sonnet',
  account: 'second',
  mode: 'ask',
  session_mode: 'plan',
  instructions: 'Write plain English.\n',
  env: { EDITOR: 'vi', TOKEN: '{secret:TOKEN}' },
  mcp_servers: [
    { name: 'files', command: 'mcp files', args: ['--root', "it's here"], env: { A: 'b' } },
    { name: 'web', url: 'https://mcp.example', type: 'sse', headers: { Key: '{secret:KEY}' } },
  ],
  timeout_seconds: 60.5,
  answer_seconds: 3600,
  answered_by: 'admin',
  budget_usd: 0,
  budget_tokens: 100000,
  same_calls: 3,
  calls_without_change: 20,
  fallback: [{ account: 'second', model: 'haiku' }, { agent: 'goose' }],
  rules: [{ effect: 'deny', command: 'git push *', why: 'People push.' }, { effect: 'allow', tool: 'read', path: 'docs/**' }],
}

test('what was said is said again by the draft of it', () => {
  expect(configurationOf(draftOf(WHOLE))).toEqual(WHOLE)
  expect(configurationOf(draftOf({}))).toEqual({})
})

test('rows that are still empty say nothing', () => {
  const draft = draftOf({})
  draft.env.push({ id: 1, name: ' ', value: 'x' })
  draft.fallback.push({ id: 2, kind: 'model', name: '', more: {} })
  expect(configurationOf(draft)).toEqual({})
})

test('what is no number is told by its field and never sent', () => {
  const draft = { ...draftOf({}), budget_usd: 'two', timeout_seconds: '60' }
  expect(wrongIn(draft)).toEqual({ budget_usd: 'This is no number.' })
  expect(configurationOf(draft)).toEqual({ timeout_seconds: 60 })
})

test('the order of keys makes no difference, that of rules does', () => {
  expect(isSame({ model: 'm', mode: 'ask' }, { mode: 'ask', model: 'm' })).toBe(true)
  expect(isSame({ fallback: [{ model: 'a' }, { model: 'b' }] }, { fallback: [{ model: 'b' }, { model: 'a' }] })).toBe(false)
})

test('a command line is parted as a shell does', () => {
  expect(wordsOf(`mcp --root 'a b' "c \\" d" e\\ f ''`)).toEqual(['mcp', '--root', 'a b', 'c " d', 'e f', ''])
})

test('a row moves within the list and stays at its ends', () => {
  expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b'])
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
})
