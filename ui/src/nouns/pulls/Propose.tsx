/** A task's result becomes a pull request: what it is to say, how far it has come, and what to do about what stands in the way. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Circle, CircleCheck, CircleDashed, ExternalLink } from 'lucide-react'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { DeliveryTold, ProjectTold, Proposed } from '@/api/schema'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { Dialog } from '@/kit/Dialog'
import { Select, TextArea, TextField } from '@/kit/Field'
import { buttonLook } from '@/kit/look'
import { pageAt } from '@/kit/pageAt'
import { Status } from '@/kit/Status'
import { ENDED } from '../RunState'
import { PullState } from './PullState'
import { SECONDS_AT_MOST, untilEnded, usePulls } from './pulls'

type Draft = 'unproven' | 'draft' | 'ready'
const DRAFTS: ReadonlyArray<{ value: Draft; label: string; hint: string }> = [
  { value: 'unproven', label: 'As its checks say', hint: 'A draft as long as no check has passed on the result' },
  { value: 'ready', label: 'Ready for review', hint: 'Whatever the checks say' },
  { value: 'draft', label: 'Draft', hint: 'Nobody is asked to review it yet' },
]

export interface ProposeProps {
  task: { id: number; key: string; title: string; project_id: number }
  /** Its result is approved first. */
  approves?: string | undefined
  onClose(): void
}

export default function Propose({ task, approves, onClose }: ProposeProps) {
  const client = useQueryClient()
  const [title, setTitle] = useState(`${task.key}: ${task.title}`)
  const [body, setBody] = useState('')
  const [draft, setDraft] = useState<Draft>('unproven')
  const [isApproved, setApproved] = useState(approves === undefined)
  const leaving = useRef(new AbortController())
  useEffect(() => {
    const mine = (leaving.current = new AbortController())
    return () => mine.abort()
  }, [])
  const { data: projects } = useQuery(ask('GET /api/projects'))
  const project = projects?.find(({ id }) => id === task.project_id)
  const { data: known } = usePulls(task.id)

  const propose = useMutation({
    mutationFn: async () => {
      if (approves !== undefined && !isApproved) {
        const run = await call('POST /api/runs/{run_id}/review', { path: { run_id: approves }, body: { approve: true, text: '' } })
        setApproved(true)
        void client.invalidateQueries({ queryKey: ['GET /api/runs/{run_id}/review', { run_id: approves }] })
        void client.invalidateQueries({ queryKey: ['GET /api/runs/{run_id}', { run_id: approves }] })
        if (!ENDED.has(run.state)) await untilEnded(client, approves, leaving.current.signal)
      }
      return call('POST /api/tasks/{task_id}/create_pr', {
        path: { task_id: task.id },
        body: { title: title.trim() || null, body: body.trim() || null, draft: draft === 'unproven' ? null : draft === 'draft' },
        seconds: SECONDS_AT_MOST,
      })
    },
    // Also after a failure: the wish may stand, and be done later.
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/tasks/{task_id}/pull_requests', { task_id: task.id }] }),
  })
  const verb = approves === undefined ? 'Create pull request' : 'Approve & create PR'
  const canSend = title.trim() !== '' && !propose.isPending
  const send = (event?: FormEvent) => {
    event?.preventDefault()
    if (canSend) propose.mutate()
  }

  if (propose.data)
    return (
      <Dialog key="done" title={propose.data.pr_number === null ? 'The branch is there' : `Pull request #${propose.data.pr_number}`} isOpen onClose={onClose} actions={<Button autoFocus onPress={onClose}>Close</Button>}>
        <Done made={propose.data} />
      </Dialog>
    )
  return (
    <Dialog
      title={approves === undefined ? `Create a pull request for ${task.key}` : 'Approve & create a pull request'}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{propose.isPending ? 'Go on without me' : 'Cancel'}</Button>
          <Button kind="primary" isDisabled={title.trim() === ''} isPending={propose.isPending} onPress={() => send()}>
            {propose.isError ? 'Try again' : verb}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4" onSubmit={send}>
        {project && <Where project={project} onLeave={onClose} />}
        <TextField autoFocus label="Title" value={title} onChange={setTitle} maxLength={250} isReadOnly={propose.isPending} />
        <TextArea label="What it says" rows={4} value={body} onChange={setBody} isReadOnly={propose.isPending} placeholder="What was asked and what the agent did" hint="Empty: made from the task and the run. The proof, the link to the task and the issue that it closes are added in any case." />
        <Select label="Begins as" choices={DRAFTS} value={draft} onChange={(next) => setDraft(next)} isDisabled={propose.isPending} />
        {propose.isPending && <Progress approves={approves !== undefined} isApproved={isApproved} deliveries={known?.deliveries ?? []} />}
        {propose.error && !propose.isPending && <Wrong error={propose.error} project={project} onLeave={onClose} />}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}

/** Where it goes, and what is known beforehand to be missing. */
function Where({ project, onLeave }: { project: ProjectTold; onLeave(): void }) {
  const isHosted = project.github_repo_owner !== null
  const { error } = useQuery({ ...ask('GET /api/projects/{project_id}/connection', { path: { project_id: project.id } }), enabled: isHosted, retry: false })
  const toProject = (text: string) => (
    <Link to="/projects/$key" params={{ key: project.key }} onClick={onLeave} className="font-medium text-accent-text hover:underline">
      {text}
    </Link>
  )
  if (!project.github_repo_url) return <p className="text-fg-2">The project {project.name} has no repository yet: {toProject('say where its code is')}.</p>
  if (!isHosted) return <p className="text-fg-2 [overflow-wrap:anywhere]">{project.github_repo_url} is no repository on GitHub: its branch is pushed, and you are told how to look at it.</p>
  return (
    <p className="text-fg-2">
      Its branch is pushed to{' '}
      <span className="font-medium text-fg">
        {project.github_repo_owner}/{project.github_repo_name}
      </span>
      , and the pull request is opened there.{error instanceof ApiError && error.status === 404 && <> The project is connected with no access of its own: {toProject('connect GitHub')}.</>}
    </p>
  )
}

function Progress({ approves, isApproved, deliveries }: { approves: boolean; isApproved: boolean; deliveries: readonly DeliveryTold[] }) {
  const open = deliveries.filter(({ state }) => state === 'wanted' || state === 'pushed')
  const isPushed = isApproved && open.length > 0 && open.every(({ state }) => state === 'pushed')
  const steps = [...(approves ? [{ says: 'Approving the result', isDone: isApproved }] : []), { says: 'Pushing the branch', isDone: isPushed }, { says: 'Opening the pull request', isDone: false }]
  const at = steps.findIndex(({ isDone }) => !isDone)
  return (
    <ol role="status" className="flex flex-col gap-1 rounded-8 bg-sunken px-3 py-2">
      {steps.map(({ says, isDone }, index) => (
        <li key={says}>
          <Status bare icon={isDone ? CircleCheck : index === at ? CircleDashed : Circle} tone={isDone ? 'ok' : index === at ? 'run' : 'plain'}>
            {isDone ? `${says}: done` : index === at ? `${says}…` : says}
          </Status>
        </li>
      ))}
    </ol>
  )
}

const ACCESS = /token|access|credential|permission|allow|authenticat|find|403|401/i

function Wrong({ error, project, onLeave }: { error: Error; project: ProjectTold | undefined; onLeave(): void }) {
  const { status = 0 } = error as ApiError
  const isAccess = project && (status === 502 || status === 400) && ACCESS.test(error.message)
  return (
    <div role="alert" className="flex flex-col gap-1 rounded-8 bg-bad-soft px-3 py-2">
      <p className="break-words text-bad">{error.message}</p>
      {status === 503 && <p className="text-fg-2">You can close this: the task tells how it goes on.</p>}
      {isAccess && (
        <Link to="/projects/$key" params={{ key: project.key }} onClick={onLeave} className="self-start font-medium text-accent-text underline">
          {status === 400 ? 'Say where its code is' : 'Connect GitHub'}
        </Link>
      )}
    </div>
  )
}

function Done({ made }: { made: Proposed }) {
  const at = pageAt(made.pr_url)
  if (made.pr_number === null)
    return (
      <div className="flex flex-col gap-3">
        <p>
          The result is on the branch <code className="break-all">{made.branch_name}</code>. This host has no pull requests; so it is looked at:
        </p>
        {made.compare && <CommandLine>{made.compare}</CommandLine>}
      </div>
    )
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="flex flex-wrap items-center gap-2">
        <PullState pull={{ state: 'open', draft: made.draft }} />
        <code className="break-all text-fg-2">{made.branch_name}</code>
      </p>
      <p className="text-fg-2">The task tells from here on what becomes of it.</p>
      {at && (
        <a href={at} target="_blank" rel="noopener noreferrer nofollow" className={buttonLook()}>
          <ExternalLink size={16} aria-hidden />
          Open #{made.pr_number}
        </a>
      )}
    </div>
  )
}
