import { expect, test } from 'vitest'
import { factsOf, isToMend, lookOf, type Standing } from '@/nouns/pulls/PullState'

const open: Standing = { state: 'open', draft: false, checks: 'none', review: 'none', mergeable: 'clean' }

test('the worst that is known of a pull request comes first', () => {
  const told = factsOf({ ...open, checks: 'failed', review: 'approved', mergeable: 'conflict' }).map(({ children }) => children)
  expect(told).toEqual(['Conflicts', 'Checks failed', 'Approved'])
})

test('nothing is to be mended of one that is over', () => {
  const failed: Standing = { ...open, checks: 'failed' }
  expect([isToMend(failed), isToMend({ ...failed, state: 'merged' }), isToMend(open)]).toEqual([true, false, false])
  expect(factsOf({ ...failed, state: 'closed' })).toEqual([])
})

test('a draft is one only while it is open', () => {
  expect([lookOf({ ...open, draft: true }).children, lookOf({ state: 'merged', draft: true }).children]).toEqual(['Draft', 'Merged'])
})
