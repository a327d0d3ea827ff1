import { expect, test } from 'vitest'
import { beginningOf, bucketAt, bucketsBetween, isFiltered, queryOf, reasonOf, spanOf } from '@/features/audit/asked'
import { readSearch } from '@/features/audit/search'

const NOW = Date.parse('2026-01-31T15:04:05Z')

test('a time begins with whole days, in UTC, as the hub groups them', () => {
  expect(beginningOf('day', NOW)).toBe('2026-01-31T00:00:00Z')
  expect(beginningOf('week', NOW)).toBe('2026-01-25T00:00:00Z')
  expect(beginningOf('ever', NOW)).toBeNull()
  expect(queryOf({}, NOW).since).toBe('2026-01-02T00:00:00Z')
})

test('a bar is a day or an hour, from its beginning until the next one', () => {
  expect(spanOf('2026-01-31')).toEqual({ since: '2026-01-31T00:00:00Z', until: '2026-02-01T00:00:00Z' })
  expect(spanOf('2026-01-31T23')).toEqual({ since: '2026-01-31T23:00:00Z', until: '2026-02-01T00:00:00Z' })
  expect(bucketAt(NOW, 'hour')).toBe('2026-01-31T15')
})

test('between the first and the last bar there is no gap, and not too many', () => {
  expect(bucketsBetween('2026-01-30', '2026-02-01')).toEqual(['2026-01-30', '2026-01-31', '2026-02-01'])
  expect(bucketsBetween('2026-01-31T22', '2026-02-01T00')).toHaveLength(3)
  const long = bucketsBetween('1970-01-01', '2026-01-31')
  expect([long.length, long.at(-1)]).toEqual([400, '2026-01-31'])
})

test('an address says only what can be asked', () => {
  expect(readSearch({ tab: 'x', q: 7, status: 'denied', since: 'year', at: '2026-13-99', event: '5', project: 2 })).toMatchObject({ tab: undefined, q: '7', status: 'denied', since: undefined, at: undefined, event: undefined, project: 2 })
  expect(isFiltered(readSearch({ since: 'week', event: 4 }))).toBe(false)
  expect(isFiltered(readSearch({ person: 'ann' }))).toBe(true)
})

test('why something was refused is told where the event tells it', () => {
  expect(reasonOf({ details: { reason: 'No.' } })).toBe('No.')
  expect(reasonOf({ details: { why: '' } })).toBeUndefined()
})
