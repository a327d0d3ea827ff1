/** How a pull request stands, as it was seen last: its state, and what speaks for and against merging it. */
import { CircleCheck, CircleDashed, CircleX, GitMerge, GitPullRequest, GitPullRequestClosed, GitPullRequestDraft, MessageCircleWarning, TriangleAlert } from 'lucide-react'
import type { PullRequestTold } from '@/api/schema'
import { pageAt } from '@/kit/pageAt'
import { Status, type StatusProps } from '@/kit/Status'

export type Standing = Pick<PullRequestTold, 'state' | 'draft' | 'checks' | 'review' | 'mergeable'>
type Look = Pick<StatusProps, 'icon' | 'tone' | 'children'>

export function lookOf({ state, draft }: Pick<Standing, 'state' | 'draft'>): Look {
  if (state === 'merged') return { icon: GitMerge, tone: 'accent', children: 'Merged' }
  if (state === 'closed') return { icon: GitPullRequestClosed, tone: 'bad', children: 'Closed' }
  return draft ? { icon: GitPullRequestDraft, tone: 'plain', children: 'Draft' } : { icon: GitPullRequest, tone: 'ok', children: 'Open' }
}

/** What is worth knowing of an open one, the worst first. Of one that is over, nothing is. */
export function factsOf({ state, checks, review, mergeable }: Standing): Look[] {
  if (state !== 'open') return []
  const facts: Array<Look | false> = [
    mergeable === 'conflict' && { icon: TriangleAlert, tone: 'bad', children: 'Conflicts' },
    checks === 'failed' && { icon: CircleX, tone: 'bad', children: 'Checks failed' },
    review === 'changes_requested' && { icon: MessageCircleWarning, tone: 'warn', children: 'Changes requested' },
    checks === 'pending' && { icon: CircleDashed, tone: 'run', children: 'Checks run' },
    checks === 'passed' && { icon: CircleCheck, tone: 'ok', children: 'Checks passed' },
    review === 'approved' && { icon: CircleCheck, tone: 'ok', children: 'Approved' },
  ]
  return facts.filter((fact) => fact !== false)
}

/** Whether an agent could be asked to mend something. */
export const isToMend = ({ state, checks, review, mergeable }: Standing): boolean => state === 'open' && (checks === 'failed' || review === 'changes_requested' || mergeable === 'conflict')

export function PullState({ pull, bare }: { pull: Pick<Standing, 'state' | 'draft'>; bare?: boolean }) {
  return <Status {...lookOf(pull)} bare={bare} />
}

export function PullFacts({ pull }: { pull: Standing }) {
  return factsOf(pull).map((fact) => <Status key={fact.children} {...fact} bare />)
}

/** Its number, state and worst fact in one line, and the way to it on its host. */
export function PullLine({ pull }: { pull: Standing & Pick<PullRequestTold, 'number' | 'url'> & { repository?: string } }) {
  const [worst] = factsOf(pull)
  return (
    <span className="inline-flex min-w-0 flex-wrap items-center gap-x-2">
      <a href={pageAt(pull.url)} target="_blank" rel="noopener noreferrer nofollow" className="inline-flex min-h-6 items-center font-medium text-accent-text tabular-nums hover:underline pointer-coarse:min-h-11">
        {pull.repository ? `${pull.repository} ` : ''}#{pull.number}
      </a>
      <PullState pull={pull} />
      {worst && <Status {...worst} bare />}
    </span>
  )
}
