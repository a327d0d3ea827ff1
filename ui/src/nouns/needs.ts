/** What waits for a person: open questions, results to be reviewed, runs whose money is used up. Kept current by the live stream. */
import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/client'
import type { InboxEntry, RunTold } from '@/api/schema'
import { useSnoozed } from './snoozed'

export interface Needs {
  questions: InboxEntry[]
  reviews: RunTold[]
  /** Out of budget or quota. */
  money: RunTold[]
}

const NOTHING: never[] = []

/** Also what is put off. `runs`: any that are known beside those that waited when this was first read. */
export function useNeeds(runs: readonly RunTold[] = NOTHING) {
  const questions = useQuery(ask('GET /api/questions'))
  const waited = useQuery(ask('GET /api/runs', { query: { state: 'waiting', limit: 200 } }))
  const waiting = [...new Map([...(waited.data ?? NOTHING), ...runs].map((run) => [run.id, run])).values()].filter((run) => run.state === 'waiting')
  const needs: Needs = {
    questions: questions.data ?? NOTHING,
    reviews: waiting.filter((run) => run.wait?.reason === 'review'),
    money: waiting.filter((run) => run.wait?.reason === 'budget' || run.wait?.reason === 'quota'),
  }
  const failed = [questions, waited].find((query) => query.error && query.data === undefined)
  return { needs, isPending: questions.isPending || waited.isPending, error: failed?.error ?? null, refetch: () => void Promise.all([questions.refetch(), waited.refetch()]) }
}

/** By which each can be put off. */
export const needId = (kind: 'review' | 'money' | 'failed', run: Pick<RunTold, 'id' | 'attempt'>): string => `${kind} ${run.id} ${run.attempt}`

/** For the sidebar: what is not put off. */
export function useNeedsCount(): number {
  const { needs } = useNeeds()
  const until = useSnoozed()
  const isNow = (id: string) => (until[id] ?? 0) <= Date.now()
  return needs.questions.filter((one) => isNow(one.id)).length + needs.reviews.filter((run) => isNow(needId('review', run))).length + needs.money.filter((run) => isNow(needId('money', run))).length
}
