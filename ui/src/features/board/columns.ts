// The board's four columns, and where a card stands in them. Pure.

import type { CardTold, TaskStatus } from '@/api/schema'

export type Column = Exclude<TaskStatus, 'blocked'>

export const COLUMNS: ReadonlyArray<{ id: Column; label: string }> = [
  { id: 'todo', label: 'To do' },
  { id: 'in_progress', label: 'In progress' },
  { id: 'in_review', label: 'In review' },
  { id: 'done', label: 'Done' },
]
export const labelOf = (column: Column): string => COLUMNS.find(({ id }) => id === column)!.label

/** What is blocked waits among what is to do, with a mark. */
export const columnOf = ({ status }: Pick<CardTold, 'status'>): Column => (status === 'blocked' ? 'todo' : status)

export type Columns = Record<Column, CardTold[]>

/** The cards by column, each from top to bottom. A column that is as it was `before` stays the same list, so that nothing of it is laid out anew. */
export function arranged(cards: readonly CardTold[], before?: Columns): Columns {
  const found: Columns = { todo: [], in_progress: [], in_review: [], done: [] }
  for (const card of cards) found[columnOf(card)].push(card)
  for (const column of Object.values(found)) column.sort((one, other) => one.position - other.position || one.id - other.id)
  for (const { id } of COLUMNS) if (before && isSame(found[id], before[id])) found[id] = before[id]
  return found
}

const isSame = (some: readonly CardTold[], others: readonly CardTold[]): boolean => some.length === others.length && some.every((card, at) => card === others[at])

/** Where cards are put. `index`: before the card that stands there now, the moved ones counted too; its length: at the end. */
export interface Spot {
  column: Column
  index: number
}

export interface Move {
  status: TaskStatus
  before?: number
  after?: number
  /** A number between its neighbours', for showing it before the hub has said its own. */
  position: number
}

/** What to ask the hub for. A blocked card that stays in its column stays blocked. */
export function moveTo(columns: Columns, { column, index }: Spot, moving: readonly CardTold[]): Move {
  const status = moving.every((card) => columnOf(card) === column && card.status === moving[0]!.status) ? moving[0]!.status : column
  const ids = new Set(moving.map(({ id }) => id))
  const there = columns[column]
  // Neighbours of another status are in another column for the hub.
  const above = there.slice(0, index).findLast((card) => !ids.has(card.id) && card.status === status)
  const below = there.slice(index).find((card) => !ids.has(card.id) && card.status === status)
  const position = above && below ? (above.position + below.position) / 2 : above ? above.position + 1 : below ? below.position - 1 : 0
  return { status, position, ...(above ? { after: above.id } : below ? { before: below.id } : {}) }
}

/** Whether putting it there would change nothing. */
export function isThere(columns: Columns, { column, index }: Spot, moving: readonly CardTold[]): boolean {
  const [only] = moving
  if (moving.length !== 1 || columnOf(only!) !== column) return false
  const at = columns[column].findIndex(({ id }) => id === only!.id)
  return index === at || index === at + 1
}
