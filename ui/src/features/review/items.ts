// All that the page shows below each other: each file's head, its lines, and the comments where they belong. Pure. Above: Changes.

import type { FileTold, RemarkTold } from '@/api/schema'
import { isGenerated, rowsOf, type Row } from '@/nouns/diff/lines'
import type { Place } from './places'

export type Item =
  | { kind: 'file'; key: string; file: FileTold; isOpen: boolean }
  | { kind: 'row'; key: string; row: Row }
  /** A file that is not shown until it is wanted. */
  | { kind: 'folded'; key: string; file: FileTold }
  /** `isLoose`: its lines stand here no more, so it brings them along. */
  | { kind: 'remark'; key: string; remark: RemarkTold; isLoose: boolean }
  | { kind: 'composer'; key: string; place: Place }

export interface Shown {
  split: boolean
  /** Files that a person has opened or closed; others are closed once they have been viewed. */
  opened: ReadonlyMap<string, boolean>
  remarks: readonly RemarkTold[]
  writing: Place | null
}

const spot = (side: string, number: number) => `${side}${number}`

export function itemsOf(files: readonly FileTold[], { split, opened, remarks, writing }: Shown): Item[] {
  const byFile = new Map<string, RemarkTold[]>()
  for (const remark of remarks) byFile.set(remark.path, [...(byFile.get(remark.path) ?? []), remark])
  const known = new Set(files.map((file) => file.path))
  const items: Item[] = remarks.filter((remark) => !known.has(remark.path)).map(loose)
  for (const file of files) items.push(...fileItems(file, split, opened.get(file.path), byFile.get(file.path) ?? [], writing?.path === file.path ? writing : null))
  return items
}

const loose = (remark: RemarkTold): Item => ({ kind: 'remark', key: remark.id, remark, isLoose: true })

function fileItems(file: FileTold, split: boolean, opened: boolean | undefined, remarks: readonly RemarkTold[], writing: Place | null): Item[] {
  const isOpen = opened ?? !file.viewed
  const items: Item[] = [{ kind: 'file', key: `${file.path}\0`, file, isOpen }]
  if (!isOpen) return items
  // Where lines have changed since, the comment is told at the head of the file, with the lines as they were.
  const standing = new Map<string, RemarkTold[]>()
  const homeless = new Set<RemarkTold>()
  for (const remark of remarks) {
    homeless.add(remark)
    if (remark.state === 'addressed' || remark.state === 'stale') continue
    const key = spot(remark.side, remark.last)
    standing.set(key, [...(standing.get(key) ?? []), remark])
  }
  if (opened === undefined && isGenerated(file) && !remarks.length && file.hunks.length) return [...items, { kind: 'folded', key: `${file.path}\0folded`, file }]
  const lines: Item[] = []
  let composed = false
  for (const row of rowsOf(file, split)) {
    lines.push({ kind: 'row', key: row.key, row })
    if (row.kind !== 'line') continue
    for (const [side, number] of spots(row)) {
      for (const remark of standing.get(spot(side, number)) ?? []) {
        if (!homeless.delete(remark)) continue
        lines.push({ kind: 'remark', key: remark.id, remark, isLoose: false })
      }
      if (!composed && writing && writing.side === side && writing.last === number) {
        composed = true
        lines.push({ kind: 'composer', key: `${file.path}\0composer`, place: writing })
      }
    }
  }
  return [...items, ...[...homeless].map(loose), ...lines]
}

function spots(row: Extract<Row, { kind: 'line' }>): Array<[side: 'old' | 'new', number: number]> {
  const found: Array<[side: 'old' | 'new', number: number]> = []
  for (const cell of row.cells) {
    if (cell?.line.old != null) found.push(['old', cell.line.old])
    if (cell?.line.new != null) found.push(['new', cell.line.new])
  }
  return found
}
