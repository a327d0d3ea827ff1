// What the hub refuses because it does not know who sits here, or wants it proven anew: it waits here until that is done, and is asked again.
// So nothing that was typed or pressed is lost. Above: client.ts, which waits; app/, which shows what is to be done. Below: nothing.

import { useSyncExternalStore } from 'react'

export type Remedy = 'sign-in' | 'step-up'

interface Need {
  promise: Promise<boolean>
  settle(isDone: boolean): void
}

const hopeless = new Set<Remedy>()
const needs: { [R in Remedy]?: Need | undefined } = {}
const ears = new Set<() => void>()

function become(remedy: Remedy, need: Need | undefined) {
  needs[remedy] = need
  for (const ear of ears) ear()
}

function begin(remedy: Remedy): Need {
  let settle: Need['settle'] = () => {}
  const promise = new Promise<boolean>((resolve) => (settle = resolve))
  const need = { promise, settle }
  become(remedy, need)
  return need
}

/** Resolves when it was done (true: ask again) or declined (false). Rejects when `signal` ends the waiting. */
export function remedied(remedy: Remedy, signal?: AbortSignal): Promise<boolean> {
  if (hopeless.has(remedy)) return Promise.resolve(false)
  const { promise } = needs[remedy] ?? begin(remedy)
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop)
    void promise.then(resolve).finally(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
  })
}

/** Let go all who wait for it. */
export function settle(remedy: Remedy, isDone: boolean): void {
  const need = needs[remedy]
  become(remedy, undefined)
  need?.settle(isDone)
}

/** It is of no use here, now and later: what is refused for it is refused. */
export function giveUp(remedy: Remedy): void {
  hopeless.add(remedy)
  settle(remedy, false)
}

export function useIsNeeded(remedy: Remedy): boolean {
  return useSyncExternalStore(
    (ear) => (ears.add(ear), () => void ears.delete(ear)),
    () => needs[remedy] !== undefined,
  )
}
