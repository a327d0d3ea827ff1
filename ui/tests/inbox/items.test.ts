import { expect, it } from 'vitest'
import type { RunTold } from '@/api/schema'
import { groupsOf, parted } from '@/features/inbox/items'
import { fits, filterOf, isIn } from '@/features/runs/filter'

const NOW = Date.parse('2026-01-08T00:00:00Z')
const run = (id: string, more: Partial<RunTold>): RunTold => ({ id, number: 1, title: 'Greet', agent: 'claude', attempt: 1, project_id: 1, branch: null, created_at: '2026-01-07T00:00:00Z', ended_at: null, ...more }) as RunTold
const none = { questions: [], reviews: [], money: [] }

it('shows failed runs of the last week alone', () => {
  const groups = groupsOf(none, [run('a', { state: 'failed' }), run('b', { state: 'failed', ended_at: '2025-12-01T00:00:00Z' }), run('c', { state: 'completed' })], NOW)
  expect(groups.flatMap((group) => group.items.map((item) => item.id))).toEqual(['failed a 1'])
})

it('parts what is put off from what is shown, until then', () => {
  const groups = groupsOf({ ...none, reviews: [run('a', {}), run('b', {})] }, [], NOW)
  const { shown, later } = parted(groups, { 'review a 1': NOW + 1000, 'review b 1': NOW - 1 }, NOW)
  expect(shown[0]?.items.map((item) => item.id)).toEqual(['review b 1'])
  expect(later.map((item) => item.id)).toEqual(['review a 1'])
})

it('asks again for a run that failed once more', () => {
  const [group] = groupsOf(none, [run('a', { state: 'failed', attempt: 2 })], NOW)
  expect(parted([group!], { 'failed a 1': Number.MAX_SAFE_INTEGER }, NOW).shown).toHaveLength(1)
})

it('reads filters of an address, and leaves out what makes no sense', () => {
  expect(filterOf({ state: 'nonsense', project: 'x', q: '' })).toEqual({ state: undefined, agent: undefined, project: undefined, q: undefined })
  expect(filterOf({ state: 'failed', project: 2, agent: 'goose', q: 'a' })).toEqual({ state: 'failed', project: 2, agent: 'goose', q: 'a' })
})

it('filters by agent, project and words', () => {
  const one = run('a', { state: 'pending', branch: 'task/x' })
  expect(fits(one, { agent: 'claude', project: 1, q: 'TASK/X' })).toBe(true)
  expect(fits(one, { agent: 'goose' })).toBe(false)
  expect(isIn('active', one)).toBe(true)
  expect(isIn('waiting', one)).toBe(false)
})
