/** Its pull requests as they were seen last; while there is none, the button that opens one, and what stands in the way. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { GitPullRequest } from 'lucide-react'
import { ask, call } from '@/api/client'
import type { PullRequestTold, TaskTold } from '@/api/schema'
import { Button } from '@/kit/Button'

export function PullRequest({ task }: { task: TaskTold }) {
  const client = useQueryClient()
  const path = { task_id: task.id }
  const known = useQuery(ask('GET /api/tasks/{task_id}/pull_requests', { path }))
  const open = useMutation({
    mutationFn: () => call('POST /api/tasks/{task_id}/create_pr', { path }),
    // Also after a failure: the wish may stand, and be done later.
    onSettled: () => client.invalidateQueries({ queryKey: ask('GET /api/tasks/{task_id}/pull_requests', { path }).queryKey }),
  })
  const pulls = known.data?.pull_requests ?? []
  const compare = known.data?.deliveries.map((one) => one.compare).find(Boolean)
  const stuck = known.data?.deliveries.map((one) => one.error).find(Boolean)
  const wrong = open.error?.message ?? known.error?.message ?? stuck
  return (
    <span className="flex min-w-0 flex-col gap-1">
      {pulls.map((pull) => (
        <Pull key={`${pull.repository}#${pull.number}`} pull={pull} />
      ))}
      {pulls.length === 0 && task.github_pr_url && <Outside url={task.github_pr_url} text={task.github_pr_number === null ? 'Pull request' : `#${task.github_pr_number}`} />}
      {pulls.length === 0 && !task.github_pr_url && (
        <Button icon={GitPullRequest} isDisabled={open.isPending || known.isPending} onPress={() => open.mutate()} className="self-start">
          {open.isPending ? 'Creating pull request…' : 'Create pull request'}
        </Button>
      )}
      {compare && <code className="break-all text-12 text-fg-2">{compare}</code>}
      {wrong && (
        <span role="alert" className="text-12 break-words text-fg-2">
          {wrong}
        </span>
      )}
    </span>
  )
}

function Pull({ pull }: { pull: PullRequestTold }) {
  const state = pull.state === 'open' && pull.draft ? 'draft' : pull.state
  const facts = [state, pull.checks !== 'none' && `checks ${pull.checks}`, pull.review !== 'none' && pull.review.replace('_', ' '), pull.error]
  return (
    <span className="flex flex-col">
      <Outside url={pull.url} text={`${pull.repository ? `${pull.repository} ` : ''}#${pull.number}`} />
      <span className="px-3 text-12 text-fg-3">{facts.filter(Boolean).join(' · ')}</span>
    </span>
  )
}

/** Said by another program: only what a browser opens as a page is made a link. */
function Outside({ url, text }: { url: string; text: string }) {
  return (
    <a href={/^https?:/i.test(url) ? url : undefined} target="_blank" rel="noopener noreferrer nofollow" className="inline-flex h-control items-center gap-1.5 px-3 text-accent-text hover:underline">
      <GitPullRequest size={14} aria-hidden />
      {text}
    </a>
  )
}
