/** What the palette offers: pages and actions, given by whatever is mounted. The focused thing's own come first. */
import type { LucideIcon } from 'lucide-react'
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'

export interface Command {
  id: string
  label: string
  group: string
  icon?: LucideIcon
  keys?: string
  /** Further words by which it is found. */
  also?: string
  run(): void
}

let lists: ReadonlyArray<readonly Command[]> = []
let all: readonly Command[] = []
const ears = new Set<() => void>()

function become(next: typeof lists) {
  lists = next
  all = lists.toReversed().flat()
  for (const ear of ears) ear()
}

/** Offer these while the component is mounted. `version`: changes when the list does. */
export function useCommands(version: string, make: () => Command[]): void {
  const onMake = useEffectEvent(make)
  useEffect(() => {
    const mine = onMake()
    become([...lists, mine])
    return () => become(lists.filter((list) => list !== mine))
  }, [version])
}

export const useAllCommands = (): readonly Command[] =>
  useSyncExternalStore(
    (ear) => (ears.add(ear), () => void ears.delete(ear)),
    () => all,
  )
