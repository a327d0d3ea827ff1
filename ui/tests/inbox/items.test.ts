import { expect, it } from 'vitest'
import type { RunTold } from '@/api/schema'
import { groupsOf, parted } from '@/features/inbox/items'
import { filterOf } from '@/features/runs/filter'
import { fits, isIn } from '@/features/runs/fitting'

const NOW = Date.parse('2026-01-08T00:00:00Z')
const run = (id: string, more: Partial<RunTold>): RunTold => ({ id, number: 1, title: 'Greet', agent: 'claude', attempt: 1, project_id: 1, branch: null, created_at: '2026-01-07T00:00:00Z', ended_at: null, ...more }) as RunTold
const none = { questions: [], reviews: [], money: [], pulls: [], failed: [] }

it('shows what stops an agent first, and leaves out what is empty', () => {
  const groups = groupsOf({ ...none, failed: [run('a', { state: 'failed' })], money: [run('b', {})] })
  expect(groups.flatMap((group) => group.items.map((item) => item.id))).toEqual(['money b 1', 'failed a 1'])
})

it('parts what is put off from what is shown, until then', () => {
  const groups = groupsOf({ ...none, reviews: [run('a', {}), run('b', {})] })
  const { shown, later } = parted(groups, { 'review a 1': NOW + 1000, 'review b 1': NOW - 1 }, NOW)
  expect(shown[0]?.items.map((item) => item.id)).toEqual(['review b 1'])
  expect(later.map((item) => item.id)).toEqual(['review a 1'])
})

it('shows a pull request that needs a person, and asks again once it does for another reason', () => {
  const pull = { task_id: 1, task_key: 'DEMO-1', task_title: 'Greet', project_id: 1, repository: '', number: 7, url: null, why: 'It was closed.', since: '2026-01-07T00:00:00Z' }
  const until = { 'pull 1  7 It was closed.': Number.MAX_SAFE_INTEGER }
  expect(parted(groupsOf({ ...none, pulls: [pull] }), until, NOW).shown).toEqual([])
  expect(parted(groupsOf({ ...none, pulls: [{ ...pull, why: 'It fails.' }] }), until, NOW).shown[0]?.title).toBe('Pull requests')
})

it('asks again for a run that failed once more', () => {
  const [group] = groupsOf({ ...none, failed: [run('a', { state: 'failed', attempt: 2 })] })
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
