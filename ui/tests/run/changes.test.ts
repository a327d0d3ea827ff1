import { expect, it } from 'vitest'
import { budgetOf } from '@/features/run/budget'
import { linesOfChange, sizeOfChange } from '@/features/run/changes'
import { Finder } from '@/features/run/find'
import type { Entry } from '@/features/run/entries'

it('shows what was changed with a little around it', () => {
  expect(linesOfChange({ path: 'a', old: '1\n2\n3\n4\n5\n6\n', new: '1\n2\n3\n4\nfive\n6\n' })).toBe(' 2\n 3\n 4\n-5\n+five\n 6')
})

it('shows a new file as added', () => {
  const change = { path: 'a', old: null, new: 'one\ntwo\n' }
  expect(linesOfChange(change)).toBe('+one\n+two')
  expect(sizeOfChange(change)).toEqual({ additions: 2, deletions: 0 })
})

it('finds what two changes have left alone between them', () => {
  expect(linesOfChange({ path: 'a', old: 'a\nb\nc\n', new: 'x\nb\ny\n' })).toBe('-a\n+x\n b\n-c\n+y')
})

it('goes on finding where the run went on', () => {
  const line = (text: string) => ({ kind: 'message', text }) as Entry
  const shown = [line('Hello'), line('bye'), line('hello again')]
  const finder = new Finder('hello')
  expect(finder.in(shown)).toEqual([0, 2])
  shown.push(line('HELLO'))
  expect(finder.in(shown)).toEqual([0, 2, 3])
})

it('counts as budget what was spent before and what is set aside now', () => {
  expect(budgetOf([])).toBeNull()
  expect(budgetOf([{ reserved_usd: null, cost_usd: 1 }])).toBeNull()
  expect(budgetOf([{ reserved_usd: 2, cost_usd: 0.5 }, { reserved_usd: 1.5, cost_usd: null }])).toBe(2)
})
