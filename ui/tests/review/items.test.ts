import { describe, expect, test } from 'vitest'
import type { RemarkTold } from '@/api/schema'
import { itemsOf, type Item } from '@/features/review/items'
import { entriesOf } from '@/features/review/FileTree'
import { nextFile, nextLine, placeOf, reach, sideOf, told } from '@/features/review/places'
import { file, hunk } from './shapes'

const remark = (more: Partial<RemarkTold>): RemarkTold => ({
  id: 'r', run_id: 'x', made_on: 'x', author: 'ann', state: 'draft', path: 'a.py', side: 'new', first: 2, last: 2, snippet: '', head: 'h', text: 't', prompt: null, created_at: '', sent_at: null, judged_at: null, judged_head: null, mine: true, ...more,
})
const NOTHING = { split: false, opened: new Map<string, boolean>(), remarks: [], writing: null }
const files = [file('a.py', [hunk(' one\n-two\n+TWO\n three')]), file('b.py', [hunk('+x')])]
const kinds = (items: readonly Item[]) => items.map((item) => item.kind)
const lineAt = (items: readonly Item[], at: number) => {
  const item = items[at]!
  if (item.kind !== 'row') throw new Error(`${item.kind} is no row`)
  return item.row
}

describe('what a review shows below each other', () => {
  test('a comment stands below the last of its lines', () => {
    expect(kinds(itemsOf(files, { ...NOTHING, remarks: [remark({})] }))).toEqual(['file', 'row', 'row', 'row', 'remark', 'row', 'file', 'row'])
    expect(kinds(itemsOf(files, { ...NOTHING, remarks: [remark({ side: 'old' })] }))[3]).toBe('remark')
  })

  test('a comment whose lines stand here no more is told at the head of its file, with its lines', () => {
    for (const lost of [remark({ state: 'addressed' }), remark({ state: 'stale' }), remark({ last: 99 })])
      expect(itemsOf(files, { ...NOTHING, remarks: [lost] })[1]).toMatchObject({ kind: 'remark', isLoose: true })
    expect(itemsOf(files, { ...NOTHING, remarks: [remark({ path: 'gone.py' })] })[0]).toMatchObject({ kind: 'remark', isLoose: true })
  })

  test('side by side a comment on an unchanged line stands there once', () => {
    const items = itemsOf(files, { ...NOTHING, split: true, remarks: [remark({ first: 1, last: 1 })] })
    expect(kinds(items).filter((kind) => kind === 'remark')).toHaveLength(1)
  })

  test('a viewed file is closed until it is opened, one that a program wrote is folded', () => {
    const seen = [file('a.py', [hunk('+x')], { viewed: true }), file('web/package-lock.json', [hunk('+x')])]
    expect(kinds(itemsOf(seen, NOTHING))).toEqual(['file', 'file', 'folded'])
    expect(kinds(itemsOf(seen, { ...NOTHING, opened: new Map([['a.py', true], ['web/package-lock.json', true]]) }))).toEqual(['file', 'row', 'file', 'row'])
  })

  test('the place to write in stands below the last line that was chosen', () => {
    const writing = { path: 'a.py', side: 'new' as const, first: 1, last: 2 }
    expect(kinds(itemsOf(files, { ...NOTHING, writing }))).toEqual(['file', 'row', 'row', 'row', 'composer', 'row', 'file', 'row'])
  })
})

describe('the cursor', () => {
  const items = itemsOf(files, NOTHING)

  test('goes from line to line, over the heads of files, and stays at the ends', () => {
    expect(nextLine(items, 0, 1)).toBe(1)
    expect(nextLine(items, 4, 1)).toBe(6)
    expect(nextLine(items, 6, -1)).toBe(4)
    expect(nextLine(items, 6, 1)).toBe(6)
  })

  test('goes from file to file', () => {
    expect(nextFile(items, 2, 1)).toBe(5)
    expect(nextFile(items, 5, -1)).toBe(0)
    expect(nextFile(items, 6, 1)).toBeNull()
  })

  test('means the old side where a line was taken away', () => {
    expect(sideOf(lineAt(items, 2), 'new')).toBe('old')
    expect(sideOf(lineAt(items, 1), 'old')).toBe('new')
  })

  test('chooses a range of one side, in any direction, within one file', () => {
    const begun = placeOf(lineAt(items, 3), 'new')!
    expect(reach(begun, lineAt(items, 4))).toMatchObject({ first: 2, last: 3 })
    expect(reach(begun, lineAt(items, 1))).toMatchObject({ first: 1, last: 2 })
    expect(reach(begun, lineAt(items, 2))).toBeNull()
    expect(reach(begun, lineAt(items, 6))).toBeNull()
  })

  test('is told in words', () => {
    expect(told({ side: 'new', first: 3, last: 3 })).toBe('line 3')
    expect(told({ side: 'old', first: 3, last: 5 })).toBe('lines 3–5 as before the change')
  })
})

test('files are listed by folder', () => {
  const entries = entriesOf(['src/a', 'src/b', 'top'].map((path) => file(path)))
  expect(entries.map((entry) => ('folder' in entry ? entry.folder : entry.name))).toEqual(['src/', 'a', 'b', './', 'top'])
})
