// Moving a card by keys: Space lifts, arrows choose the spot, Space or Enter drops, Escape puts it back; each step is said aloud.

import type { CardTold } from '@/api/schema'
import { COLUMNS, columnOf, labelOf, type Columns, type Spot } from './columns'
import { current, hover, letGo, lift } from './drag'

export interface Keyed {
  columns: Columns
  say(text: string): void
  show(spot: Spot): void
  drop(spot: Spot, cards: readonly CardTold[]): void
}

/** Returns whether the key meant something here. `cards`: those that move, the focused one first; `index`: where it stands. */
export function moveByKey(key: string, cards: readonly CardTold[], index: number, { columns, say, show, drop }: Keyed): boolean {
  const [card] = cards
  const drag = current()
  const what = cards.length === 1 ? card!.key : `${cards.length} tasks`
  if (!drag) {
    if (key !== ' ') return false
    const column = columnOf(card!)
    lift(cards.map(({ id }) => id), 'keys', { column, index })
    say(`${what} lifted, in ${labelOf(column)}, position ${index + 1} of ${columns[column].length}. Arrows move it, Space drops it, Escape puts it back.`)
    return true
  }
  if (drag.via !== 'keys' || !drag.over) return false
  const { column, index: at } = drag.over
  if (key === 'Escape') {
    letGo()
    say(`${what} put back.`)
  } else if (key === ' ' || key === 'Enter') {
    letGo()
    drop(drag.over, cards)
  } else if (key === 'ArrowUp' || key === 'ArrowDown') {
    go({ column, index: beside(columns[column], drag.ids, at, key === 'ArrowUp' ? -1 : 1) })
  } else if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const next = COLUMNS[COLUMNS.findIndex(({ id }) => id === column) + (key === 'ArrowLeft' ? -1 : 1)]
    if (next) go({ column: next.id, index: Math.min(at, columns[next.id].length) })
  }
  return true

  function go(spot: Spot) {
    hover(spot)
    show(spot)
    const { position, of } = counted(columns[spot.column], drag!.ids, spot.index)
    say(`${what}, ${labelOf(spot.column)}, position ${position} of ${of}.`)
  }
}

/** The next spot up or down that is another one: what is lifted does not count. */
export function beside(there: readonly CardTold[], moving: ReadonlySet<number>, index: number, by: 1 | -1): number {
  let next = index
  const isMoving = (at: number) => at >= 0 && at < there.length && moving.has(there[at]!.id)
  const crossed = () => (by > 0 ? next - 1 : next)
  // The spots just above and just below a lifted card are the same one.
  do next += by
  while (next > 0 && next < there.length && isMoving(crossed()))
  if (by > 0 && next > there.length) return there.length
  if (isMoving(crossed()) && (next <= 0 || next >= there.length)) return index
  return Math.max(0, next)
}

/** Where it would stand, counted without what is lifted. */
export function counted(there: readonly CardTold[], moving: ReadonlySet<number>, index: number): { position: number; of: number } {
  const others = (cards: readonly CardTold[]) => cards.filter(({ id }) => !moving.has(id)).length
  return { position: others(there.slice(0, index)) + 1, of: others(there) + 1 }
}
