/** What an agent proposes: nothing of it is done until somebody confirms it, with that person's own rights. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck, CirclePlay, CircleSlash, GitPullRequestArrow, SquarePlus } from 'lucide-react'
import { ask, call } from '@/api/client'
import type { ChatDetail, ProposalTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Card } from '@/kit/Page'
import { Markdown } from '@/kit/Markdown'
import { Status } from '@/kit/Status'
import { toastError } from '@/kit/toast'

const A_TASK = { Icon: SquarePlus, what: 'Proposes a task', verb: 'Create the task' }
const A_RUN = { Icon: CirclePlay, what: 'Proposes a run', verb: 'Start the run' }
const A_PULL_REQUEST = { Icon: GitPullRequestArrow, what: 'Proposes a pull request', verb: 'Open the pull request' }

export function ProposalCard({ chat, proposal }: { chat: ChatDetail; proposal: ProposalTold }) {
  const client = useQueryClient()
  const decide = useMutation({
    mutationFn: (isConfirmed: boolean) =>
      call(isConfirmed ? 'POST /api/chat/{chat_id}/proposals/{number}/confirm' : 'POST /api/chat/{chat_id}/proposals/{number}/dismiss', { path: { chat_id: chat.id, number: proposal.number } }),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/chat/{chat_id}'] }),
  })
  const { create_task: task, start_run: run, create_pr: pull } = proposal
  const maker = makerOf(chat, proposal)
  const isEarly = maker !== undefined && maker.state !== 'confirmed'
  const { Icon, what, verb } = task ? A_TASK : pull ? A_PULL_REQUEST : A_RUN
  const title = task
    ? task.title
    : pull
      ? `The result of ${pull.task}${pull.title ? ` as “${pull.title}”` : ''}`
      : `Let ${run?.agent} work on ${maker?.create_task ? `“${maker.create_task.title}”` : run?.task}`
  return (
    <li>
      <Card className="flex flex-col gap-3">
        <div className="flex items-start gap-3">
          <Icon size={20} aria-hidden className="shrink-0 text-accent-text" />
          <div className="min-w-0 flex-1">
            <p className="text-12 text-fg-2">{what}</p>
            <h2 className="text-14 break-words">{title}</h2>
          </div>
        </div>
        {task?.description && <Markdown text={task.description} className="max-h-60 overflow-y-auto" />}
        {run && <pre className="max-h-60 overflow-y-auto rounded-6 bg-sunken p-3 break-words whitespace-pre-wrap">{run.prompt}</pre>}
        {proposal.state === 'proposed' ? (
          <div className="flex flex-wrap items-center gap-2">
            <Button kind="primary" isDisabled={decide.isPending || isEarly} aria-label={`Confirm: ${title}`} onPress={() => decide.mutate(true)}>
              {verb}
            </Button>
            <Button isDisabled={decide.isPending} aria-label={`Dismiss: ${title}`} onPress={() => decide.mutate(false)}>
              Dismiss
            </Button>
            {isEarly && <span className="text-12 text-fg-2">{maker.state === 'dismissed' ? 'Its task was dismissed.' : 'Its task must be created first.'}</span>}
          </div>
        ) : (
          <div className="flex flex-wrap items-center gap-3 text-12 text-fg-2">
            <Status icon={proposal.state === 'confirmed' ? CircleCheck : CircleSlash} tone={proposal.state === 'confirmed' ? 'ok' : 'plain'}>
              {proposal.state === 'confirmed' ? 'Confirmed' : 'Dismissed'}
            </Status>
            <span>by {proposal.decided_by}</span>
            <Outcome proposal={proposal} />
          </div>
        )}
      </Card>
    </li>
  )
}

/** The proposal of the same answer that creates the task which this one names as "#n". */
function makerOf(chat: ChatDetail, { message, start_run: run }: ProposalTold): ProposalTold | undefined {
  const number = /^#(\d+)$/.exec(run?.task ?? '')
  return number ? chat.proposals.filter((one) => one.message === message)[Number(number[1]) - 1] : undefined
}

const LINK = 'text-accent-text underline underline-offset-2'

function Outcome({ proposal: { task_id, run_id } }: { proposal: ProposalTold }) {
  const { data: task } = useQuery({ ...ask('GET /api/tasks/{task_id}', { path: { task_id: task_id ?? 0 } }), enabled: task_id !== null })
  return (
    <>
      {task && (
        <Link to="/tasks/$key" params={{ key: task.key }} className={LINK}>
          {task.key}
        </Link>
      )}
      {run_id && (
        <Link to="/runs/$id" params={{ id: run_id }} className={LINK}>
          Its run
        </Link>
      )}
    </>
  )
}
