// What is being moved and over which spot, fed by mouse, keys and fingers, so that only those who show it are drawn anew.

import { useSyncExternalStore } from 'react'
import type { Column, Spot } from './columns'

export interface Drag {
  ids: ReadonlySet<number>
  via: 'mouse' | 'keys' | 'touch'
  over: Spot | null
}

let drag: Drag | null = null
const ears = new Set<() => void>()

function become(next: Drag | null) {
  drag = next
  for (const ear of ears) ear()
}

export const current = (): Drag | null => drag

export const lift = (ids: Iterable<number>, via: Drag['via'], over: Spot | null = null): void => become({ ids: new Set(ids), via, over })

export function hover(over: Spot | null): void {
  if (!drag || (drag.over?.column === over?.column && drag.over?.index === over?.index)) return
  become({ ...drag, over })
}

/** It is let go. Returns what it was. */
export function letGo(): Drag | null {
  const was = drag
  if (was) become(null)
  return was
}

const listen = (ear: () => void) => (ears.add(ear), () => void ears.delete(ear))

/** The spot in this column, as its index; -1: not over it. */
export const useSpotIn = (column: Column): number => useSyncExternalStore(listen, () => (drag?.over?.column === column ? drag.over.index : -1))
export const useIsMoving = (id: number): boolean => useSyncExternalStore(listen, () => drag?.ids.has(id) ?? false)
