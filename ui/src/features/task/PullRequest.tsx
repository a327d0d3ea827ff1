/** Its pull requests as they were seen last; while there is none, the button that opens one. Below: `PullRequests`, which tells all. */
import { GitPullRequest } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { TaskTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { useCommands } from '@/kit/commands'
import { useHotkey } from '@/kit/hotkeys'
import { pageAt } from '@/kit/pageAt'
import { useMay } from '@/nouns/may'
import { PullLine } from '@/nouns/pulls/PullState'
import { usePulls } from '@/nouns/pulls/pulls'

const Propose = lazy(() => import('@/nouns/pulls/Propose'))

export default function PullRequest({ task }: { task: TaskTold }) {
  const { data } = usePulls(task.id)
  const [isProposing, setProposing] = useState(false)
  const mayWrite = useMay('project:write', task.project_id)
  const pulls = data?.pull_requests ?? []
  const told = task.github_pr_url // by another program, or by hand
  const isOff = !mayWrite || pulls.some(({ state }) => state === 'open')
  useHotkey({ id: 'task.propose', keys: 'shift+p', label: 'Create a pull request', group: 'Task', isOff }, () => setProposing(true))
  useCommands(`task.propose ${task.key} ${isOff}`, () => (isOff ? [] : [{ id: 'task.propose', label: 'Create a pull request', group: task.key, icon: GitPullRequest, keys: 'shift+p', run: () => setProposing(true) }]))
  return (
    <span className="flex min-w-0 flex-col gap-1">
      {pulls.map((pull) => (
        <PullLine key={`${pull.place}#${pull.number}`} pull={pull} />
      ))}
      {pulls.length === 0 && told && (
        <a href={pageAt(told)} target="_blank" rel="noopener noreferrer nofollow" className="inline-flex h-control items-center gap-1.5 text-accent-text hover:underline">
          <GitPullRequest size={14} aria-hidden />
          {task.github_pr_number === null ? 'Pull request' : `#${task.github_pr_number}`}
        </a>
      )}
      {pulls.length === 0 && !told && mayWrite && (
        <Button icon={GitPullRequest} onPress={() => setProposing(true)} className="self-start">
          Create pull request
        </Button>
      )}
      {pulls.length === 0 && !told && !mayWrite && <span className="text-fg-3">None</span>}
      <Suspense fallback={null}>{isProposing && <Propose task={task} onClose={() => setProposing(false)} />}</Suspense>
    </span>
  )
}
