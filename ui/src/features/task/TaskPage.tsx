/** One task: what it is, what belongs to it, who works on it, and what was said. Beside the board where there is room. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Ellipsis, Link2, SearchX, Trash2, X } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { ask, call } from '@/api/client'
import type { TaskChanges, TaskTold } from '@/api/schema'
import { IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook } from '@/kit/look'
import { Menu, MenuItem, MenuLine } from '@/kit/Menu'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { useEvents } from '@/live/live'
import { useMay } from '@/nouns/may'
import { Activity } from './Activity'
import { Attachments } from './Attachments'
import { Description } from './Description'
import { Links } from './Links'
import { Properties } from './Properties'
import { Runs } from './Runs'
import { StartRun } from './StartRun'

const PullRequests = lazy(() => import('./PullRequests'))

export function TaskPage({ taskKey }: { taskKey: string }) {
  const found = useQuery(ask('GET /api/tasks', { query: { key: [taskKey.toUpperCase()] } }))
  const task = found.data?.[0]
  if (task) return <Task task={task} />
  return (
    <section aria-label={taskKey} className="flex min-h-0 flex-1 flex-col bg-surface">
      <Bar taskKey={taskKey} />
      {found.error ? (
        <ErrorState what="The task could not be read." error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data ? (
        <EmptyState
          icon={SearchX}
          action={
            <Link to="/board" search={true} className={buttonLook()}>
              To the board
            </Link>
          }
        >
          There is no task {taskKey}. It may have been deleted.
        </EmptyState>
      ) : (
        <div className="p-5">
          <Skeleton rows={8} />
        </div>
      )}
    </section>
  )
}

function Task({ task }: { task: TaskTold }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [isDeleting, setDeleting] = useState(false)
  const mayWrite = useMay('project:write', task.project_id)
  // What the board is not told of, as which checks a run has passed, comes over this.
  useEvents({ task: task.id }, () => undefined)
  const toBoard = () => void navigate({ to: '/board', search: true })

  const change = useMutation({
    mutationFn: (changes: TaskChanges) => call('PATCH /api/tasks/{task_id}', { path: { task_id: task.id }, body: changes }),
    onMutate: (changes) => client.setQueriesData<TaskTold[]>({ queryKey: ['GET /api/tasks'] }, (kept) => kept?.map((one) => (one.id === task.id ? { ...one, ...changes } : one))),
    onError: (error) => {
      toastError(error)
      void client.invalidateQueries({ queryKey: ['GET /api/tasks'] })
    },
  })
  const drop = useMutation({
    mutationFn: () => call('POST /api/tasks/bulk', { body: { ids: [task.id], delete: true } }),
    onSuccess({ undo }) {
      toBoard()
      toast(`${task.key} deleted`, { undo: () => void call('POST /api/undo/{token}', { path: { token: undo } }).catch(toastError) })
    },
    onError: toastError,
  })
  useHotkey({ id: 'task.close', keys: 'escape', label: 'Close the task', group: 'Task' }, toBoard)

  return (
    <section aria-label={`${task.key}: ${task.title}`} className="flex min-h-0 flex-1 flex-col bg-surface">
      <Bar taskKey={task.key}>
        <Menu label={`More for ${task.key}`} trigger={<IconButton name="More" icon={Ellipsis} />}>
          <MenuItem icon={Link2} onAction={() => void navigator.clipboard.writeText(location.origin + location.pathname).then(() => toast('Link copied'))}>
            Copy link
          </MenuItem>
          {mayWrite && (
            <>
              <MenuLine />
              <MenuItem icon={Trash2} isDangerous onAction={() => setDeleting(true)}>
                Delete task
              </MenuItem>
            </>
          )}
        </Menu>
      </Bar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-200 flex-col gap-6 px-5 pt-4 pb-10">
          <div className="flex flex-col gap-4">
            <Title title={task.title} isReadOnly={!mayWrite} onChange={(title) => change.mutate({ title })} />
            <Properties task={task} onChange={(changes) => change.mutate(changes)} />
          </div>
          <Description text={task.description ?? ''} project={task.project_id} onChange={(description) => change.mutate({ description: description || null })} />
          <StartRun key={task.id} task={task} />
          <Suspense fallback={null}>
            <PullRequests task={task} />
          </Suspense>
          <Runs task={task} />
          <Links task={task} />
          <Attachments task={task} />
          <Activity task={task} />
        </div>
      </div>
      <Confirm title={`Delete ${task.key}?`} verb={`Delete ${task.key}`} isOpen={isDeleting} onClose={() => setDeleting(false)} onConfirm={() => drop.mutate()}>
        Its runs are stopped and go with it. You can undo this for ten minutes.
      </Confirm>
    </section>
  )
}

function Bar({ taskKey, children }: { taskKey: string; children?: React.ReactNode }) {
  return (
    <header className="flex min-h-12 shrink-0 items-center gap-2 border-b border-line pr-2 pl-2 md:pl-5">
      <Link to="/board" search={true} aria-label="Back to the board" className={`${buttonLook('quiet', true)} xl:hidden`}>
        <ArrowLeft size={16} aria-hidden />
      </Link>
      <span className="text-13 font-medium text-fg-2 tabular-nums">{taskKey}</span>
      <span className="ml-auto flex items-center gap-1">
        {children}
        <Link to="/board" search={true} aria-label="Close" className={`${buttonLook('quiet', true)} max-xl:hidden`}>
          <X size={16} aria-hidden />
        </Link>
      </span>
    </header>
  )
}

/** Reads as a heading and is written over in place. */
function Title({ title, isReadOnly, onChange }: { title: string; isReadOnly: boolean; onChange(title: string): void }) {
  const [text, setText] = useState(title)
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => setText(title), [title])
  const keep = () => {
    const next = text.trim()
    if (!next) setText(title)
    else if (next !== title) onChange(next)
  }
  return (
    <h1 className="-mx-2">
      <span className="sr-only">{title}</span>
      <textarea
        ref={area}
        aria-label="Title"
        rows={1}
        maxLength={500}
        value={text}
        readOnly={isReadOnly}
        onChange={(event) => setText(event.target.value.replace(/\n/g, ' '))}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault()
            area.current?.blur()
          }
          if (event.key === 'Escape') {
            event.stopPropagation()
            setText(title)
          }
        }}
        className="field-sizing-content block w-full resize-none rounded-6 border border-transparent bg-transparent px-2 py-1 text-20 font-semibold hover:border-line focus:border-line-strong"
      />
    </h1>
  )
}
