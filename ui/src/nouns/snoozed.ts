/** What somebody wants to see later: hidden on this device until then, untouched everywhere else. */
import { useSyncExternalStore } from 'react'

const PLACE = 'clawlink.snoozed'
export const LATER_MS = 60 * 60_000
export const FOR_GOOD = Number.MAX_SAFE_INTEGER

type Until = Readonly<Record<string, number>>
const ears = new Set<() => void>()
let until: Until = read()

function read(): Until {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Record<string, number>
    return Object.fromEntries(Object.entries(kept).filter(([, at]) => at > Date.now()))
  } catch {
    return {}
  }
}

function become(next: Until) {
  until = next
  try {
    localStorage.setItem(PLACE, JSON.stringify(next))
  } catch {
    // Kept until the tab closes.
  }
  for (const ear of ears) ear()
}

/** Milliseconds since 1970, or `FOR_GOOD`. */
export const snooze = (id: string, at: number = Date.now() + LATER_MS): void => become({ ...until, [id]: at })

export function wake(...ids: string[]): void {
  become(Object.fromEntries(Object.entries(until).filter(([id]) => !ids.includes(id))))
}

/** By id: until when it is hidden. */
export const useSnoozed = (): Until =>
  useSyncExternalStore(
    (ear) => (ears.add(ear), () => void ears.delete(ear)),
    () => until,
  )
