// This tab's one live stream, and how features hear of it. Every event goes through `apply`; a page that wants the events
// themselves (a run's timeline) asks for its subject with `useEvents`. Above: app, features. Below: socket, apply.

import type { QueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import { call } from '@/api/client'
import type { Answer, LiveEvent, LiveStatus, Prompt, Stream, Wanted } from './socket'

export type { LiveEvent, LiveStatus } from './socket'

export interface Watch {
  run?: string
  task?: number
  project?: number
  learn(events: LiveEvent[]): void
  /** The stream came back: `anew` if what was told in between is lost and must be read again. */
  resumed?(anew: boolean): void
}

const watches = new Set<Watch>()
const statusEars = new Set<() => void>()
let stream: Stream | null = null
let scheduled = false

/** Begin; once for each tab. Returns what ends it. */
export function start(client: QueryClient): () => void {
  let isOver = false
  // The stream, and what its events mean, come after the first page stands.
  void Promise.all([import('./socket'), import('./apply')]).then(([{ listen }, { learner }]) => {
    if (isOver) return
    const apply = learner(client)
    stream = listen({
      wanted,
      learn(events) {
        apply(events)
        for (const watch of watches) {
          const mine = events.filter((event) => concerns(watch, event))
          if (mine.length) watch.learn(mine)
        }
      },
      resumed(anew) {
        // Between two streams anything may have happened; with the same database behind, it has been told by now.
        if (anew) void client.invalidateQueries()
        for (const watch of watches) watch.resumed?.(anew)
      },
      changed() {
        for (const ear of statusEars) ear()
      },
      ticket: async () => (await call('POST /api/auth/ticket')).ticket,
    })
  })
  return () => {
    isOver = true
    stream?.close()
    stream = null
  }
}

/** Hear all about one subject, beside the board. Returns what ends it. */
export function watch(one: Watch): () => void {
  watches.add(one)
  resubscribe()
  return () => {
    watches.delete(one)
    resubscribe()
  }
}

/** The same for a component: hears while it is mounted. */
export function useEvents(subject: { run?: string; task?: number; project?: number }, learn: Watch['learn'], resumed?: Watch['resumed']): void {
  const onLearn = useEffectEvent(learn)
  const onResumed = useEffectEvent((anew: boolean) => resumed?.(anew))
  const { run, task, project } = subject
  useEffect(() => watch({ run, task, project, learn: onLearn, resumed: onResumed }), [run, task, project])
}

/** Answer a question over the stream. Rejects with a sentence for people. */
export const answer = (given: Answer): Promise<unknown> => say({ answer: given })

/** Ask a run's agent for more. Rejects with a sentence for people. */
export const prompt = (given: Prompt): Promise<unknown> => say({ prompt: given })

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (ear) => (statusEars.add(ear), () => void statusEars.delete(ear)),
    () => stream?.status() ?? 'connecting',
  )
}

function say(word: { answer: Answer } | { prompt: Prompt }): Promise<unknown> {
  return stream ? stream.say(word) : Promise.reject(new Error('The hub is not connected.'))
}

function wanted(): Wanted {
  const all = [...watches]
  const each = <T>(pick: (one: Watch) => T | undefined) => [...new Set(all.map(pick).filter((one) => one !== undefined))]
  return { runs: each((one) => one.run), tasks: each((one) => one.task), projects: each((one) => one.project) }
}

/** Pages that leave and come in one go are one new subscription. */
function resubscribe() {
  if (scheduled) return
  scheduled = true
  queueMicrotask(() => {
    scheduled = false
    stream?.subscribe()
  })
}

function concerns({ run, task, project }: Watch, event: LiveEvent): boolean {
  return run !== undefined ? event.run_id === run : task !== undefined ? event.task_id === task : project !== undefined && event.project_id === project
}
