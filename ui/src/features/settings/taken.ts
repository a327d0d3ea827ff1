// Whether two keys are in each other's way. Pure.

import type { Hotkey } from '@/kit/hotkeys'

/** Another that acts where this one does and has the same keys. Pages do not stand beside each other, "Everywhere" and "Go to" do. */
export function takenBy(one: Hotkey, all: readonly Hotkey[], keysOf: (hotkey: Hotkey) => string): Hotkey | undefined {
  const isEverywhere = ({ group }: Hotkey) => group === 'Everywhere' || group === 'Go to'
  const keys = keysOf(one)
  if (!keys) return undefined
  return all.find((other) => other.id !== one.id && keysOf(other) === keys && (other.group === one.group || isEverywhere(one) || isEverywhere(other)))
}
