import { expect, test } from 'vitest'
import type { BudgetTold, TotalTold } from '../../src/api/schema'
import { barsOf } from '../../src/features/usage/bars'
import { csv } from '../../src/features/usage/csv'
import { beginningOf, daysBetween } from '../../src/features/usage/spans'

const NOW = Date.parse('2026-03-10T15:00:00Z')
const ROW: TotalTold = { key: 'k', label: 'a', runs: 1, attempts: 1, calls: 2, input_tokens: 10, output_tokens: 3, cached_tokens: 1, cost_usd: 0.5, unpriced_calls: 0, seconds: 1.5 }

test('a span begins with a whole day in UTC', () => {
  expect(beginningOf('day', NOW)).toBe('2026-03-10T00:00:00.000Z')
  expect(beginningOf('week', NOW)).toBe('2026-03-04T00:00:00.000Z')
  expect(beginningOf('ever', NOW)).toBeNull()
})

test('days without use are filled in', () => {
  expect(daysBetween('2026-02-27', '2026-03-02')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02'])
})

test('CSV quotes what must be quoted, and lets no text pass for a formula', () => {
  const [, row] = csv([{ ...ROW, label: 'a "b", c', cost_usd: null }]).split('\r\n')
  expect(row).toBe('k,"a ""b"", c",1,1,2,10,3,1,,0,1.5')
  expect(csv([{ ...ROW, label: '=1+1' }])).toContain("'=1+1")
})

test('a budget has a bar for each amount that it caps, with what is spent and what is set aside', () => {
  const budget: BudgetTold = {
    scope: 'project', name: '1', label: 'DEMO', usd: 10, tokens: 1000, run_usd: null, run_tokens: null, period: 'day',
    spent_usd: 6, spent_tokens: 900, held_usd: 8, held_tokens: 1200, left_usd: 2, left_tokens: 0, set_by: 'owner', set_at: '2026-03-10T15:00:00Z',
  }
  const [usd, tokens] = barsOf(budget)
  expect([usd!.spent, usd!.held, usd!.tone, usd!.word]).toEqual([60, 20, 'info', '60% spent'])
  expect([tokens!.spent, tokens!.held, tokens!.tone, tokens!.word]).toEqual([90, 10, 'warn', '90% spent'])
  expect(barsOf({ ...budget, usd: null, tokens: 0 }).map(({ word, tone }) => [word, tone])).toEqual([['Nothing may be spent', 'bad']])
})
