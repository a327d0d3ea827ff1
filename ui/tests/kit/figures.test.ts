import { expect, test } from 'vitest'
import { ago, money, span, tokens } from '@/kit/figures'

test.each([
  [0, 'now'],
  [-59, 'now'],
  [-60, '1 min. ago'],
  [-7300, '2 hr. ago'],
  [-90_000, 'yesterday'],
  [3700, 'in 1 hr.'],
])('%i seconds from now reads %s', (seconds, text) => {
  expect(ago(new Date(seconds * 1000), 0)).toBe(text)
})

test('spans, money and tokens are short', () => {
  expect([0.4, 59.4, 61, 3661].map(span)).toEqual(['0 s', '59 s', '1 min 1 s', '1 h 1 min'])
  expect([0, 0.00001, 0.0031, 0.42, 12].map(money)).toEqual(['$0.00', '<$0.0001', '$0.0031', '$0.42', '$12.00'])
  expect([999, 1500, 2_000_000].map(tokens)).toEqual(['999', '1.5K', '2M'])
})
