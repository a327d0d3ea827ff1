// What is read and done about the pull requests of a task, with what is kept of them put right at once. Above: the pieces beside.

import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { ask, call, keyOf } from '@/api/client'
import type { Answers, OfTask, PullRequestTold } from '@/api/schema'
import { toast, toastError } from '@/kit/toast'
import { ENDED } from '../RunState'

/** The hub itself waits a minute for the node and the host. */
export const SECONDS_AT_MOST = 75

/** `task` null: there is none to ask about. */
export const usePulls = (task: number | null) => useQuery({ ...ask('GET /api/tasks/{task_id}/pull_requests', { path: { task_id: task ?? 0 } }), enabled: task !== null })

export type MergeMethod = NonNullable<Answers['merge']>

export const METHODS: ReadonlyArray<{ value: MergeMethod; label: string }> = [
  { value: 'squash', label: 'Squash into one commit' },
  { value: 'merge', label: 'Merge commit' },
  { value: 'rebase', label: 'Rebase' },
]

export function usePullActs(task: number, { number, repository, head }: PullRequestTold) {
  const client = useQueryClient()
  const path = { task_id: task, number }
  const query = { repository }
  const key = keyOf('GET /api/tasks/{task_id}/pull_requests', { path: { task_id: task } })
  const keep = (after: PullRequestTold) =>
    client.setQueryData<OfTask>(key, (known) => known && { ...known, pull_requests: known.pull_requests.map((one) => (one.number === after.number && one.repository === after.repository ? after : one)) })

  const refresh = useMutation({ mutationFn: () => call('POST /api/tasks/{task_id}/pull_requests/{number}/refresh', { path, query, seconds: SECONDS_AT_MOST }), onSuccess: keep, onError: toastError })
  const ready = useMutation({
    mutationFn: () => call('POST /api/tasks/{task_id}/pull_requests/{number}/ready', { path, query, seconds: SECONDS_AT_MOST }),
    onSuccess: (after) => (keep(after), toast(`#${number} is ready for review`)),
    onError: toastError,
  })
  const merge = useMutation({
    mutationFn: (method: MergeMethod) => call('POST /api/tasks/{task_id}/pull_requests/{number}/merge', { path, query, body: { method, head }, seconds: SECONDS_AT_MOST }),
    onSuccess: (after) => (keep(after), toast(`#${number} merged`)),
  })
  const answer = useMutation({
    mutationFn: () => call('POST /api/tasks/{task_id}/pull_requests/{number}/answer', { path, query, seconds: SECONDS_AT_MOST }),
    onSuccess: () => toast(`An agent mends #${number}`),
    onError: toastError,
  })
  return { refresh, ready, merge, answer }
}

/** Once what is kept of the run says that it has ended; the live stream keeps that. */
export function untilEnded(client: QueryClient, run: string, signal: AbortSignal): Promise<void> {
  const { queryKey } = ask('GET /api/runs/{run_id}', { path: { run_id: run } })
  return new Promise((resolve, reject) => {
    const look = () => {
      const known = client.getQueryData(queryKey)
      if (!known || !ENDED.has(known.state)) return
      leave()
      resolve()
    }
    const leave = client.getQueryCache().subscribe(look)
    signal.addEventListener('abort', () => (leave(), reject(signal.reason as Error)))
    look()
  })
}
