/** What can be said of the result as a whole, and what has been said: below the changes, always in sight. */
import { useQuery } from '@tanstack/react-query'
import { CircleCheck, GitPullRequest, MessageCircleWarning, SendHorizontal, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { ask } from '@/api/client'
import type { ReviewTold, RunDetail } from '@/api/schema'
import { Button } from '@/kit/Button'
import { useCommands } from '@/kit/commands'
import { useHotkey } from '@/kit/hotkeys'
import { Menu, MenuItem } from '@/kit/Menu'
import { Time } from '@/kit/figures'
import { Status } from '@/kit/Status'
import { useMay } from '@/nouns/may'
import { PullLine } from '@/nouns/pulls/PullState'
import { usePulls } from '@/nouns/pulls/pulls'
import { VerdictDialog, type Word } from './VerdictDialog'

const Propose = lazy(() => import('@/nouns/pulls/Propose'))

export function VerdictBar({ run, standing, drafts }: { run: RunDetail; standing: ReviewTold; drafts: number }) {
  const [word, setWord] = useState<Word | null>(null)
  const waits = run.state === 'waiting' && run.wait?.reason === 'review'
  const maySubmit = useMay('task:submit', run.project_id)
  const mayJudge = maySubmit && (waits || run.state === 'completed')
  const said = standing.verdict ? standing.verdicts.at(-1) : undefined
  const mayApprove = mayJudge && standing.why_not === null
  const isApproved = said?.verdict === 'approved' && run.state === 'completed'
  const [isProposing, setProposing] = useState(false)
  const { data: proposal } = useQuery({ ...ask('GET /api/tasks/{task_id}', { path: { task_id: run.task_id ?? 0 } }), enabled: run.task_id !== null })
  const pulls = usePulls(run.task_id).data?.pull_requests ?? []
  const open = pulls.find(({ state }) => state === 'open')
  /** This very result is what the pull request brings. */
  const isProposed = isApproved && open !== undefined && open.head === run.head
  const mayWrite = useMay('project:write', run.project_id)
  const mayPropose = mayWrite && !isProposed && (isApproved || mayApprove)
  useHotkey({ id: 'review.propose', keys: 'shift+p', label: 'Approve & create a pull request', group: 'Review', isOff: !proposal || !mayPropose }, () => setProposing(true))
  useCommands(`review.propose ${run.id} ${mayPropose && proposal !== undefined}`, () =>
    proposal && mayPropose ? [{ id: 'review.propose', label: 'Approve & create a pull request', group: `Run #${run.number}`, icon: GitPullRequest, keys: 'shift+p', run: () => setProposing(true) }] : [],
  )
  const comments = `${drafts} ${drafts === 1 ? 'comment' : 'comments'}`
  return (
    <section aria-label="Verdict" className="flex shrink-0 flex-wrap items-center gap-2 border-t border-line bg-raised px-3 py-2 md:px-4">
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 text-12 text-fg-3 max-sm:basis-full">
        {said?.verdict === 'approved' && (
          <Status icon={CircleCheck} tone="ok">
            Approved
          </Status>
        )}
        {said?.verdict === 'changes' && (
          <Status icon={MessageCircleWarning} tone="warn">
            Changes requested
          </Status>
        )}
        {said?.verdict === 'discarded' && (
          <Status icon={Trash2} tone="bad">
            Discarded
          </Status>
        )}
        {said ? (
          <span>
            by {said.author}, <Time at={said.at} />
          </span>
        ) : (
          <span className="truncate">{!maySubmit ? 'You may read this result, and not judge it. An administrator of this hub can grant more.' : mayJudge ? (standing.why_not ?? 'Nobody has judged this result yet.') : 'The result can be judged once the agent is done.'}</span>
        )}
      </div>
      {pulls.map((pull) => (
        <PullLine key={`${pull.place}#${pull.number}`} pull={pull} />
      ))}
      {drafts > 0 && (
        <Button icon={SendHorizontal} onPress={() => setWord('send')}>
          <span>
            Send {comments}
            <span className="max-sm:sr-only"> to the agent</span>
          </span>
        </Button>
      )}
      <span className="max-md:hidden">
        <Button kind="quiet" icon={Trash2} isDisabled={!mayJudge || standing.verdict === 'discarded'} onPress={() => setWord('discard')}>
          Discard
        </Button>
      </span>
      <span className="max-md:hidden">
        <Button icon={MessageCircleWarning} isDisabled={!mayJudge} onPress={() => setWord('changes')}>
          Request changes
        </Button>
      </span>
      <span className="md:hidden">
        <Menu label="Other verdicts" trigger={<Button>More</Button>}>
          <MenuItem icon={MessageCircleWarning} isDisabled={!mayJudge} onAction={() => setWord('changes')}>
            Request changes
          </MenuItem>
          <MenuItem icon={Trash2} isDangerous isDisabled={!mayJudge || standing.verdict === 'discarded'} onAction={() => setWord('discard')}>
            Discard
          </MenuItem>
          <MenuItem icon={CircleCheck} isDisabled={!mayApprove} onAction={() => setWord('approve')}>
            Approve alone
          </MenuItem>
        </Menu>
      </span>
      <span className={proposal && !isProposed ? 'max-md:hidden' : 'max-sm:flex-1'}>
        <Button kind={proposal && !isProposed ? 'plain' : 'primary'} icon={CircleCheck} className="max-sm:w-full" isDisabled={!mayApprove} onPress={() => setWord('approve')}>
          Approve
        </Button>
      </span>
      {proposal && !isProposed && (
        <Button kind="primary" icon={GitPullRequest} className="max-sm:flex-1" isDisabled={!mayPropose} onPress={() => setProposing(true)}>
          {open ? `${isApproved ? 'Update' : 'Approve & update'} #${open.number}` : isApproved ? 'Create PR' : 'Approve & create PR'}
        </Button>
      )}
      {proposal && isProposing && (
        <Suspense fallback={null}>
          <Propose task={proposal} approves={isApproved ? undefined : run.id} onClose={() => setProposing(false)} />
        </Suspense>
      )}
      {word && <VerdictDialog word={word} run={run} waits={waits} drafts={drafts} onClose={() => setWord(null)} />}
    </section>
  )
}
