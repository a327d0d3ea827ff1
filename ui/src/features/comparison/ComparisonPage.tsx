/** One task by several agents: how each of them stands, what sets their results apart, and which one is kept. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ask, call, keyOf } from '@/api/client'
import type { ComparisonTold, ContestantTold } from '@/api/schema'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { Page } from '@/kit/Page'
import { Loaded } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { Visible } from '@/kit/Visible'
import { useEvents, type LiveEvent } from '@/live/live'
import { ENDED } from '@/nouns/RunState'
import { Contender, nameOf } from './Contender'
import { Differences } from './Differences'
import { praises } from './sides'

const route = getRouteApi('/comparisons/$id')
const GATHER_MS = 300
const TELLING = /^(?:run|attempt|check|work|comparison)\.|^agent\.usage$/

export function ComparisonPage() {
  const { id } = route.useParams()
  return (
    <Loaded query={ask('GET /api/comparisons/{comparison_id}', { path: { comparison_id: id } })} what="The comparison">
      {(comparison) => <Comparison comparison={comparison} />}
    </Loaded>
  )
}

function Comparison({ comparison }: { comparison: ComparisonTold }) {
  const task = useQuery(ask('GET /api/tasks/{task_id}', { path: { task_id: comparison.task_id } }))
  const [chosen, setChosen] = useState<ContestantTold | null>(null)
  const keep = useKeep(comparison)
  useFresh(comparison)
  const best = praises(comparison.runs)
  const open = comparison.runs.filter((run) => !ENDED.has(run.state) && run.run !== chosen?.run)
  const beside = (
    <>
      {task.data && (
        <Link to="/tasks/$key" params={{ key: task.data.key }} className="min-w-0 truncate text-fg-2 hover:text-fg hover:underline">
          {task.data.key} <Visible text={task.data.title} />
        </Link>
      )}
      <span className="text-12 text-fg-3">
        {comparison.runs.length} contenders, begun <Time at={comparison.created_at} />
      </span>
    </>
  )
  return (
    <Page title="Side by side" beside={beside}>
      <div className="mx-auto flex max-w-400 flex-col gap-6">
        <details className="rounded-8 border border-line bg-surface">
          <summary className="min-h-control content-center truncate px-4 py-2 text-fg-2">
            <span className="mr-2 font-medium text-fg">All were asked</span>
            {comparison.prompt.split('\n', 1)[0]}
          </summary>
          <p className="max-h-80 overflow-y-auto border-t border-line px-4 py-3 whitespace-pre-wrap [overflow-wrap:anywhere]">{comparison.prompt}</p>
        </details>
        <ul aria-label="Contenders" className="grid gap-4 sm:grid-cols-[repeat(auto-fit,minmax(19rem,1fr))]">
          {comparison.runs.map((run) => (
            <Contender key={run.run} run={run} kept={comparison.kept} praises={best.get(run.run) ?? []} onKeep={() => setChosen(run)} isKeeping={keep.isPending} />
          ))}
        </ul>
        <Differences runs={comparison.runs} />
      </div>
      <Confirm
        title={chosen ? `Keep the result of ${nameOf(chosen)}?` : ''}
        isOpen={chosen !== null}
        onClose={() => setChosen(null)}
        onConfirm={() => chosen && keep.mutate(chosen)}
        verb="Keep it"
        isDangerous={open.length > 0}
      >
        <p>
          The task gets the branch <code className="[overflow-wrap:anywhere]">{chosen?.branch ?? 'of this run'}</code> and stands in review.
        </p>
        {open.length > 0 && <p className="mt-2">Still at work and stopped by this: {open.map(nameOf).join(', ')}.</p>}
        <p className="mt-2 text-fg-2">The other results stay where they are, on branches of their own.</p>
      </Confirm>
    </Page>
  )
}

function useKeep(comparison: ComparisonTold) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (run: ContestantTold) => call('POST /api/comparisons/{comparison_id}/keep', { path: { comparison_id: comparison.id }, body: { run_id: run.run } }),
    onSuccess: (after, run) => {
      client.setQueryData(keyOf('GET /api/comparisons/{comparison_id}', { path: { comparison_id: comparison.id } }), after)
      toast(`The result of ${nameOf(run)} is kept.`)
    },
    onError: toastError,
  })
}

/** A comparison is made of its runs: whatever changes one of them is asked for anew, once for all that comes together. */
function useFresh(comparison: ComparisonTold): void {
  const client = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const runs = new Set(comparison.runs.map((run) => run.run))
  useEvents({ task: comparison.task_id }, (events: LiveEvent[]) => {
    if (timer.current !== undefined || !events.some((event) => event.run_id !== null && runs.has(event.run_id) && TELLING.test(event.kind))) return
    timer.current = setTimeout(() => {
      timer.current = undefined
      void client.invalidateQueries({ queryKey: keyOf('GET /api/comparisons/{comparison_id}', { path: { comparison_id: comparison.id } }) })
    }, GATHER_MS)
  })
}
