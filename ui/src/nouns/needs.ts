/** What waits for a person: open questions, results to be reviewed, runs whose money is used up, pull requests that agents cannot mend. Kept current by the live stream. */
import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/client'
import type { Inbox, InboxPull, InboxRun } from '@/api/schema'
import { useSnoozed } from './snoozed'

export type Needs = Inbox

const NOTHING: Needs = { questions: [], money: [], reviews: [], pulls: [], failed: [] }

/** Also what is put off. */
export function useNeeds() {
  const { data, isPending, error, refetch } = useQuery(ask('GET /api/inbox'))
  return { needs: data ?? NOTHING, isPending, error: data ? null : error, refetch: () => void refetch() }
}

/** By which each can be put off. */
export const needId = (kind: 'review' | 'money' | 'failed', run: Pick<InboxRun, 'id' | 'attempt'>): string => `${kind} ${run.id} ${run.attempt}`

/** Whose reason is another one is another need. */
export const pullNeedId = (pull: Pick<InboxPull, 'task_id' | 'repository' | 'number' | 'why'>): string => `pull ${pull.task_id} ${pull.repository} ${pull.number ?? ''} ${pull.why}`

/** For the sidebar: what is not put off, and theirs to answer. What has failed is news, and does not wait. */
export function useNeedsCount(): number {
  const { needs } = useNeeds()
  const until = useSnoozed()
  const isNow = (id: string) => (until[id] ?? 0) <= Date.now()
  return needs.questions.filter((one) => one.may_answer && isNow(one.id)).length + needs.reviews.filter((run) => isNow(needId('review', run))).length + needs.money.filter((run) => isNow(needId('money', run))).length + needs.pulls.filter((pull) => isNow(pullNeedId(pull))).length
}
