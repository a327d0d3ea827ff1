/**
 * Keys that act: "c", "/", "mod+k", "g b" (one after the other). Dead while somebody types and while a dialog is open, but for those with
 * `mod`. Each can be given another key or none in the settings; the latest that was mounted goes first.
 */
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'

export interface Hotkey {
  /** By which a person's own choice is kept, such as "board.create". */
  id: string
  keys: string
  /** What it does, for the list of keys. */
  label: string
  /** Under which heading it stands there. */
  group: string
}
interface Live extends Hotkey {
  act(event: KeyboardEvent): void
}

const SEQUENCE_MS = 1200
const PLACE = 'clawlink.hotkeys'
const KNOWN = 'clawlink.hotkeys.known'

let live: readonly Live[] = []
let known: ReadonlyMap<string, Hotkey> = readKnown() // all that ever acted on this device, for the settings
let chosen: Record<string, string> = read()
let before = ''
let beforeAt = 0
const ears = new Set<() => void>()

function read(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Record<string, string>
  } catch {
    return {}
  }
}

function readKnown(): ReadonlyMap<string, Hotkey> {
  try {
    return new Map((JSON.parse(localStorage.getItem(KNOWN) ?? '[]') as Hotkey[]).map((one) => [one.id, one]))
  } catch {
    return new Map()
  }
}

function learn({ id, keys, label, group }: Hotkey) {
  const before = known.get(id)
  if (before?.keys === keys && before.label === label && before.group === group) return
  known = new Map(known).set(id, { id, keys, label, group })
  try {
    localStorage.setItem(KNOWN, JSON.stringify([...known.values()]))
  } catch {
    // Known until the tab closes.
  }
}

function tell() {
  for (const ear of ears) ear()
}

/** The keys it has now; "" when it is off. */
export const keysOf = (hotkey: Hotkey): string => chosen[hotkey.id] ?? hotkey.keys

/** Give it other keys; "" turns it off, null gives its own back. */
export function rebind(id: string, keys: string | null) {
  const { [id]: _, ...others } = chosen
  chosen = keys === null ? others : { ...others, [id]: keys }
  try {
    localStorage.setItem(PLACE, JSON.stringify(chosen))
  } catch {
    // Kept until the tab closes.
  }
  tell()
}

/** The name of what was pressed: "c", "?", "mod+k", "shift+arrowdown", "escape". */
export function nameOf(event: KeyboardEvent): string {
  const key = event.key.toLowerCase()
  const isSign = key.length === 1 && key.toUpperCase() === key // "?" and "/" carry their shift already
  return [(event.metaKey || event.ctrlKey) && 'mod', event.altKey && 'alt', event.shiftKey && !isSign && 'shift', key === ' ' ? 'space' : key].filter(Boolean).join('+')
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

export function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat) return
  const name = nameOf(event)
  if (!name.startsWith('mod+') && (isTyping(event.target) || document.querySelector('[role=dialog],[role=alertdialog],[role=menu],[role=listbox]'))) return
  const both = event.timeStamp - beforeAt < SEQUENCE_MS && before ? `${before} ${name}` : ''
  before = name
  beforeAt = event.timeStamp
  const found = live.findLast((one) => keysOf(one) === both) ?? live.findLast((one) => keysOf(one) === name)
  if (!found || !keysOf(found)) return
  before = ''
  event.preventDefault()
  found.act(event)
}

if (typeof addEventListener === 'function') addEventListener('keydown', press)

/** While the component is mounted, the keys act. */
export function useHotkey(hotkey: Hotkey & { isOff?: boolean }, act: (event: KeyboardEvent) => void): void {
  const onPress = useEffectEvent(act)
  const { id, keys, label, group, isOff = false } = hotkey
  useEffect(() => {
    if (isOff) return
    const one: Live = { id, keys, label, group, act: (event) => onPress(event) }
    live = [...live, one]
    learn(one)
    tell()
    return () => {
      live = live.filter((other) => other !== one)
      tell()
    }
  }, [id, keys, label, group, isOff])
}

/** Those that act now, for the list of keys. */
export const useHotkeys = (): readonly Hotkey[] =>
  useSyncExternalStore(
    (ear) => (ears.add(ear), () => void ears.delete(ear)),
    () => live,
  )

/** Those of every page that was opened on this device, for the settings. Drawn anew also when one is rebound. */
export function useKnownHotkeys(): { hotkeys: readonly Hotkey[]; chosen: Readonly<Record<string, string>> } {
  const listen = (ear: () => void) => (ears.add(ear), () => void ears.delete(ear))
  const all = useSyncExternalStore(listen, () => known)
  return { hotkeys: [...all.values()], chosen: useSyncExternalStore(listen, () => chosen) }
}

const SIGNS: Record<string, string> = { mod: navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl', shift: '⇧', alt: 'Alt', enter: '↵', escape: 'Esc', space: 'Space', arrowup: '↑', arrowdown: '↓', arrowleft: '←', arrowright: '→' }

/** "g b" as ["G", "B"], "mod+k" as ["Ctrl K"]. */
export const written = (keys: string): string[] => keys.split(' ').map((step) => step.split('+').map((key) => SIGNS[key] ?? key.toUpperCase()).join(' '))
