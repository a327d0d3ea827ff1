/** What can be said of the result as a whole, and what has been said: below the changes, always in sight. */
import { CircleCheck, GitPullRequest, MessageCircleWarning, SendHorizontal, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReviewTold, RunDetail } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Menu, MenuItem } from '@/kit/Menu'
import { Time } from '@/kit/figures'
import { Status } from '@/kit/Status'
import { useMay } from '@/nouns/may'
import { VerdictDialog, type Word } from './VerdictDialog'

const NO_REQUESTS = 'This hub does not open pull requests yet. The result is on the branch.'

export function VerdictBar({ run, standing, drafts }: { run: RunDetail; standing: ReviewTold; drafts: number }) {
  const [word, setWord] = useState<Word | null>(null)
  const waits = run.state === 'waiting' && run.wait?.reason === 'review'
  const maySubmit = useMay('task:submit')
  const mayJudge = maySubmit && (waits || run.state === 'completed')
  const said = standing.verdict ? standing.verdicts.at(-1) : undefined
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
      <span className="max-md:hidden" title={NO_REQUESTS}>
        <Button icon={GitPullRequest} isDisabled aria-describedby="no-requests">
          Create PR
        </Button>
        <span id="no-requests" hidden>
          {NO_REQUESTS}
        </span>
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
          <MenuItem icon={GitPullRequest} isDisabled>
            Create PR: not possible yet
          </MenuItem>
        </Menu>
      </span>
      <Button kind="primary" icon={CircleCheck} className="max-sm:flex-1" isDisabled={!mayJudge || standing.why_not !== null} onPress={() => setWord('approve')}>
        Approve
      </Button>
      {word && <VerdictDialog word={word} run={run} waits={waits} drafts={drafts} onClose={() => setWord(null)} />}
    </section>
  )
}
