import { describe, expect, test } from 'vitest'
import { notesOf, rowsOf, type Row } from '@/nouns/diff/lines'
import { file, hunk } from './shapes'

const told = (row: Row) => (row.kind === 'line' ? row.cells.map((cell) => (cell ? `${cell.line.old ?? ''}:${cell.line.new ?? ''} ${cell.line.text}` : null)) : row.kind === 'gap' ? row.lines : row.kind)
const changed = file('a.py', [hunk(' one\n-two\n-three\n+TWO\n four', 5, 5), hunk(' x\n+y', 20, 19)])

describe('rows of a file', () => {
  test('stand below each other, with unchanged stretches folded to their number of lines', () => {
    expect(rowsOf(changed, false).map(told)).toEqual([4, ['5:5 one'], ['6: two'], ['7: three'], [':6 TWO'], ['8:7 four'], 11, ['20:19 x'], [':20 y']])
  })

  test('stand beside each other, and one side may have nothing', () => {
    expect(rowsOf(changed, true).map(told)).toEqual([4, ['5:5 one', '5:5 one'], ['6: two', ':6 TWO'], ['7: three', null], ['8:7 four', '8:7 four'], 11, ['20:19 x', '20:19 x'], [null, ':20 y']])
  })

  test('pair each changed line with what stood in its place', () => {
    const row = rowsOf(changed, false)[2]!
    expect(row.kind === 'line' && row.cells[0]?.other?.text).toBe('TWO')
  })

  test('have keys of their own, whatever the file is named', () => {
    const rows = [...rowsOf(changed, true), ...rowsOf(file('a.py\0', [hunk('+a')]), true)]
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
  })

  test('are as wide as the page where one side would be empty', () => {
    expect(rowsOf(file('new', [hunk('+a', 0, 1)], { status: 'added' }), true).map(told)).toEqual([[':1 a']])
  })

  test('say so when the hub has told or kept only the beginning', () => {
    expect(rowsOf(file('big', [hunk('+a')], { next_line: 5000 }), false).at(-1)).toMatchObject({ kind: 'rest', from: 5000 })
    expect(rowsOf(file('big', [hunk('+a')], { cut: true }), false).at(-1)).toMatchObject({ kind: 'note' })
  })
})

describe('what is not lines is told in words', () => {
  test.each([
    [file('logo.png', [], { binary: true }), 'A binary file: its changes cannot be shown as lines.'],
    [file('logo.png', [], { binary: true, status: 'deleted' }), 'A binary file was deleted.'],
    [file('b', [], { status: 'renamed', old_path: 'a' }), 'Renamed and otherwise left as it was.'],
    [file('run.sh', [], { old_mode: '100644', new_mode: '100755' }), 'It can be executed now (mode 100644 → 100755).'],
    [file('link', [], { status: 'retyped' }), 'Its kind has changed, as from a file to a link.'],
    [file('__init__.py', [], { status: 'added' }), 'An empty file was added.'],
  ])('%#', (given, wanted) => expect(notesOf(given)).toEqual([wanted]))
})
