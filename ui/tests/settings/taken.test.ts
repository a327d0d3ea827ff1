import { expect, test } from 'vitest'
import { takenBy } from '../../src/features/settings/taken'
import type { Hotkey } from '../../src/kit/hotkeys'

const key = (id: string, keys: string, group: string): Hotkey => ({ id, keys, label: id, group })
const keysOf = (hotkey: Hotkey) => hotkey.keys

test('keys of one page are in each other’s way, those of two pages are not', () => {
  const board = key('board.create', 'c', 'Board')
  const list = [board, key('board.close', 'c', 'Board'), key('run.copy', 'c', 'Run')]
  expect(takenBy(board, list, keysOf)?.id).toBe('board.close')
  expect(takenBy(list[2]!, list, keysOf)).toBeUndefined()
})

test('what acts everywhere is in the way of every page', () => {
  const search = key('search', '/', 'Everywhere')
  const filter = key('board.filter', '/', 'Board')
  expect(takenBy(filter, [search, filter], keysOf)?.id).toBe('search')
})

test('a key that is off is in nobody’s way', () => {
  const off = key('a', '', 'Board')
  expect(takenBy(off, [off, key('b', '', 'Board')], keysOf)).toBeUndefined()
})
