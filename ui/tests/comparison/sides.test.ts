import { describe, expect, test } from 'vitest'
import type { ContestantTold } from '@/api/schema'
import { pairs, praises } from '@/features/comparison/sides'
import { file, hunk } from '../review/shapes'

test('files are told apart by what was done to them, those that differ first', () => {
  const left = [file('alike', [hunk('+a')]), file('differs', [hunk('+a')]), file('mine', [hunk('+a')]), file('logo', [], { binary: true })]
  const right = [file('alike', [hunk('+a')]), file('differs', [hunk('+b')]), file('logo', [], { binary: true }), file('yours', [hunk('+a')])]
  expect(pairs(left, right).map(({ path, how }) => [path, how])).toEqual([['differs', 'different'], ['mine', 'left'], ['yours', 'right'], ['logo', 'unknown'], ['alike', 'alike']])
})

test('the same lines by another mode or at another place are different', () => {
  expect(pairs([file('a', [hunk('+a')])], [file('a', [hunk('+a', 9, 9)])])[0]!.how).toBe('different')
  expect(pairs([file('a', [], { old_mode: '100644', new_mode: '100755' })], [file('a')])[0]!.how).toBe('different')
})

describe('praise', () => {
  const run = (id: string, more: Partial<ContestantTold>): ContestantTold => ({
    run: id, number: 1, agent: 'a', model: null, account: null, state: 'completed', wait_reason: null, branch: null, head: 'h', files: 1, additions: 5, deletions: 0, checks_demanded: 0, checks_passed: 0, checks_failed: 0, calls: 1, input_tokens: 1, output_tokens: 1, cost_usd: 1, seconds: 5, error: null, ...more,
  })

  test('goes to the one that is alone at the top', () => {
    const found = praises([run('a', { cost_usd: 0.5, seconds: 9 }), run('b', {}), run('c', { additions: 1 })])
    expect(Object.fromEntries(found)).toEqual({ a: ['Cheapest'], c: ['Fewest lines'] })
  })

  test('is not given where something is not known, nor to whoever is still at work', () => {
    expect(praises([run('a', { cost_usd: null, seconds: 1 }), run('b', {})]).get('a')).toEqual(['Fastest'])
    expect(praises([run('a', {}), run('b', { state: 'running', seconds: 1 })]).size).toBe(0)
  })
})
