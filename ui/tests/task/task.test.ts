import { expect, test } from 'vitest'
import { budgetOf, promptOf } from '@/features/task/StartRun'
import { pastedName, size } from '@/features/task/upload'

test('a budget is an amount in dollars, or none, or nothing that can be meant', () => {
  expect([' 2.50', '$3', '0,5', '', 'lots', '-1', '0'].map(budgetOf)).toEqual([2.5, 3, 0.5, null, undefined, undefined, undefined])
})

test('what an agent is asked is the title and the description', () => {
  expect(promptOf({ title: 'Mend it', description: null })).toBe('Mend it')
  expect(promptOf({ title: 'Mend it', description: 'Here.' })).toBe('Mend it\n\nHere.')
})

test('pasted images are told apart by their time, files keep their names', () => {
  const now = new Date('2031-02-03T04:05:06Z')
  expect(pastedName({ name: 'image.png', type: 'image/png' }, now)).toBe('Pasted 2031-02-03 04.05.06.png')
  expect(pastedName({ name: 'notes.txt', type: 'text/plain' }, now)).toBe('notes.txt')
})

test('sizes are short', () => {
  expect([10, 1500, 12_345, 3_400_000].map(size)).toEqual(['10 B', '1.5 kB', '12 kB', '3.4 MB'])
})
