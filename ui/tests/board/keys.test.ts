import { expect, test } from 'vitest'
import type { CardTold } from '@/api/schema'
import { beside, counted } from '@/features/board/keys'

const cards = [1, 2, 3, 4].map((id) => ({ id }) as CardTold)

test('the spots just above and just below a lifted card are the same one', () => {
  const second = new Set([2])
  expect(beside(cards, second, 1, 1)).toBe(3)
  expect(beside(cards, second, 1, -1)).toBe(0)
  expect(beside(cards, second, 2, -1)).toBe(0)
  expect(beside(cards, second, 3, -1)).toBe(2)
})

test('nothing moves out at the ends', () => {
  expect(beside(cards, new Set([9]), 4, 1)).toBe(4)
  expect(beside(cards, new Set([9]), 0, -1)).toBe(0)
  expect(beside(cards, new Set([4]), 3, 1)).toBe(3)
  expect(beside(cards, new Set([1]), 0, -1)).toBe(0)
})

test('a position is counted without what is lifted', () => {
  expect(counted(cards, new Set([1]), 2)).toEqual({ position: 2, of: 4 })
  expect(counted(cards, new Set([9]), 4)).toEqual({ position: 5, of: 5 })
})
