// Lines that are pointed at: the cursor, and the range that a comment is on. Pure. Above: Changes. Below: items.

import type { Item } from './items'
import type { Row } from '@/nouns/diff/lines'

export type Side = 'old' | 'new'
/** Lines of one side of a file, from 1, as the hub takes them. */
export interface Place {
  path: string
  side: Side
  first: number
  last: number
}
/** A line on the page: the key of its item, and on which side it is meant. */
export interface Cursor {
  key: string
  side: Side
}

/** The side that is meant when a row is pointed at: the one wanted, if the row has it; what was taken away is old. */
export function sideOf(row: Row, wanted: Side): Side {
  if (row.kind !== 'line') return wanted
  if (row.cells.length === 1) return row.cells[0].line.kind === 'deleted' ? 'old' : 'new'
  const [left, right] = row.cells
  return wanted === 'old' ? (left ? 'old' : 'new') : right ? 'new' : 'old'
}

/** The line's number on a side; null where that side has none. */
export function numberOf(row: Row, side: Side): number | null {
  if (row.kind !== 'line') return null
  if (row.cells.length === 1) return row.cells[0].line[side]
  return row.cells[side === 'old' ? 0 : 1]?.line[side] ?? null
}

export function placeOf(row: Row, side: Side): Place | null {
  const number = numberOf(row, side)
  return number === null ? null : { path: row.path, side, first: number, last: number }
}

/** From where it began to a row; null where the row is of another file or has no line on that side. */
export function reach(from: Place, row: Row): Place | null {
  const number = row.path === from.path ? numberOf(row, from.side) : null
  return number === null ? null : { ...from, first: Math.min(from.first, number), last: Math.max(from.last, number) }
}

export function isWithin(row: Row, place: Place | null): boolean {
  if (!place || row.path !== place.path) return false
  const number = numberOf(row, place.side)
  return number !== null && place.first <= number && number <= place.last
}

/** The next line in a direction, from the item at `from`; the same when there is none. */
export function nextLine(items: readonly Item[], from: number, by: 1 | -1): number {
  for (let at = from + by; at >= 0 && at < items.length; at += by) {
    const item = items[at]!
    if (item.kind === 'row' && item.row.kind === 'line') return at
  }
  return from
}

/** The head of the next file in a direction; null when there is none. */
export function nextFile(items: readonly Item[], from: number, by: 1 | -1): number | null {
  let at = from
  // Backwards means first to the head of the file that one is in.
  if (by === -1 && items[at]?.kind === 'file') at--
  if (by === 1) at++
  for (; at >= 0 && at < items.length; at += by) if (items[at]!.kind === 'file') return at
  return null
}

/** "line 12", "lines 12–14", "line 3 as it was before". */
export function told({ side, first, last }: Omit<Place, 'path'>): string {
  return `${first === last ? `line ${first}` : `lines ${first}–${last}`}${side === 'old' ? ' as before the change' : ''}`
}
