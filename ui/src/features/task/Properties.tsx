/** The task's own facts, each changed where it stands. S, P, L and A open them. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { ask, call } from '@/api/client'
import type { Priority, TaskChanges, TaskStatus, TaskTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Select, TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { toastError } from '@/kit/toast'
import { AgentPicker } from '@/nouns/AgentPicker'
import { Label, LabelDot } from '@/nouns/Label'
import { useMay } from '@/nouns/may'
import { Person } from '@/nouns/Person'
import { PRIORITY, TASK_STATUS } from '@/nouns/TaskStatus'

const Beside = lazy(() => import('./Beside'))
const External = lazy(() => import('@/nouns/External'))
const PullRequest = lazy(() => import('./PullRequest'))
const Assigning = lazy(() => import('./Assigning').then(({ Assigning }) => ({ default: Assigning })))

const mark = ({ icon: Icon, tone }: { icon: React.ComponentType<{ size: number }>; tone: string }) => (
  <span aria-hidden className={tone === 'bad' ? 'text-bad' : tone === 'ok' ? 'text-ok' : tone === 'warn' ? 'text-warn' : tone === 'run' ? 'text-run' : tone === 'info' ? 'text-info' : 'text-fg-3'}>
    <Icon size={16} />
  </span>
)
const STATUSES = (Object.keys(TASK_STATUS) as TaskStatus[]).map((value) => ({ value, label: TASK_STATUS[value].label, mark: mark(TASK_STATUS[value]) }))
const PRIORITIES = (Object.keys(PRIORITY) as Priority[]).map((value) => ({ value, label: PRIORITY[value].label, mark: mark(PRIORITY[value]) }))

export function Properties({ task, onChange }: { task: TaskTold; onChange(changes: TaskChanges): void }) {
  const grid = useRef<HTMLDListElement>(null)
  const [isLabelling, setLabelling] = useState(false)
  const [isAssigning, setAssigning] = useState(false)
  const { data: elsewhere } = useQuery(ask('GET /api/tasks/{task_id}/external', { path: { task_id: task.id } }))
  const { data: further } = useQuery(ask('GET /api/projects/{project_id}/repositories', { path: { project_id: task.project_id } }))
  const mayWrite = useMay('project:write', task.project_id)
  const isOff = !mayWrite
  const open = (name: string) => grid.current?.querySelector<HTMLElement>(`[data-property="${name}"] button`)?.click()
  useHotkey({ id: 'task.status', keys: 's', label: 'Status', group: 'Task', isOff }, () => open('status'))
  useHotkey({ id: 'task.priority', keys: 'p', label: 'Priority', group: 'Task', isOff }, () => open('priority'))
  useHotkey({ id: 'task.agent', keys: 'a', label: 'Person and agent', group: 'Task', isOff }, () => setAssigning(true))
  useHotkey({ id: 'task.labels', keys: 'l', label: 'Labels', group: 'Task', isOff }, () => setLabelling(true))
  return (
    <dl ref={grid} className="grid grid-cols-[6rem_minmax(0,1fr)] items-center gap-x-3 gap-y-2">
      <Property name="Status">
        <Select label="Status" hideLabel isDisabled={isOff} className="w-52" choices={STATUSES} value={task.status} onChange={(status) => onChange({ status })} />
      </Property>
      <Property name="Priority">
        <Select label="Priority" hideLabel isDisabled={isOff} className="w-52" choices={PRIORITIES} value={task.priority} onChange={(priority) => onChange({ priority })} />
      </Property>
      <Property name="Person">
        {mayWrite ? (
          <Button kind="quiet" className="-ml-3" aria-label={task.assignee ? `Person: ${task.assignee}` : 'Person: nobody'} onPress={() => setAssigning(true)}>
            {task.assignee ? <Assignee name={task.assignee} /> : <span className="text-fg-3">Nobody</span>}
          </Button>
        ) : task.assignee ? (
          <Assignee name={task.assignee} />
        ) : (
          <span className="text-fg-3">Nobody</span>
        )}
        <Suspense fallback={null}>{isAssigning && <Assigning task={task} onChange={onChange} onClose={() => setAssigning(false)} />}</Suspense>
      </Property>
      <Property name="Agent">
        <AgentPicker any isDisabled={isOff} hideLabel none="Nobody" className="w-52" value={task.assigned_agent_type} onChange={(agent) => onChange({ assigned_agent_type: agent })} />
      </Property>
      <Property name="Labels">
        <Labels task={task} mayWrite={mayWrite} isOpen={isLabelling} onOpen={setLabelling} />
      </Property>
      <Property name="Pull request">
        <Suspense fallback={null}>
          <PullRequest task={task} />
        </Suspense>
      </Property>
      {!!further?.length && (
        <Property name="Repositories">
          <Suspense fallback={null}>
            <Beside task={task} known={further} />
          </Suspense>
        </Property>
      )}
      {elsewhere && (
        <Property name="Elsewhere">
          <Suspense fallback={null}>
            <External external={elsewhere} />
          </Suspense>
        </Property>
      )}
      <Property name="Created">
        <span className="text-fg-2">
          <Time at={task.created_at} />
        </span>
      </Property>
    </dl>
  )
}

function Property({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="self-start pt-1.5 text-fg-3">{name}</dt>
      <dd data-property={name.toLowerCase()} className="flex min-h-8 min-w-0 items-center">
        {children}
      </dd>
    </>
  )
}

function Assignee({ name }: { name: string }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-2">
      <Person name={name} says="" />
      <span className="max-w-60 truncate">{name}</span>
    </span>
  )
}

function Labels({ task, mayWrite, isOpen, onOpen }: { task: TaskTold; mayWrite: boolean; isOpen: boolean; onOpen(isOpen: boolean): void }) {
  const query = ask('GET /api/tasks/{task_id}/labels', { path: { task_id: task.id } })
  const { data: labels } = useQuery(query)
  const { data: known } = useQuery({ ...ask('GET /api/projects/{project_id}/labels', { path: { project_id: task.project_id } }), enabled: isOpen })
  const [fresh, setFresh] = useState('')
  const put = useMutation({
    mutationFn: (names: { add?: string[]; remove?: string[] }) => call('PATCH /api/tasks/{task_id}/labels', { path: { task_id: task.id }, body: names }),
    onSuccess: (data, _names, _context, { client }) => client.setQueryData(query.queryKey, data),
    onError: toastError,
  })
  const has = (name: string) => labels?.some((one) => one.name === name) ?? false
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-1.5">
      {labels?.map(({ id, name, colour }) => (
        <span key={id} className="inline-flex items-center">
          <Label name={name} colour={colour} />
          {mayWrite && (
            <button type="button" aria-label={`Take the label ${name} off`} className="flex size-6 items-center justify-center rounded-full text-fg-3 hover:bg-hover hover:text-fg pointer-coarse:size-11" onClick={() => put.mutate({ remove: [name] })}>
              <X size={12} aria-hidden />
            </button>
          )}
        </span>
      ))}
      {mayWrite && (
        <Button kind="quiet" icon={Plus} onPress={() => onOpen(true)}>
          Label
        </Button>
      )}
      {!mayWrite && labels?.length === 0 && <span className="text-fg-3">None</span>}
      <Dialog title={`Labels of ${task.key}`} isOpen={isOpen} onClose={() => onOpen(false)} actions={<Button onPress={() => onOpen(false)}>Done</Button>}>
        <ul className="flex flex-col">
          {known?.map(({ id, name, colour }) => (
            <li key={id}>
              <label className="flex min-h-control items-center gap-3 rounded-6 px-2 hover:bg-hover">
                <input type="checkbox" className="size-4 accent-accent" checked={has(name)} onChange={(event) => put.mutate(event.target.checked ? { add: [name] } : { remove: [name] })} />
                <LabelDot colour={colour} />
                {name}
              </label>
            </li>
          ))}
          {known?.length === 0 && <li className="py-2 text-fg-2">The project has no labels yet. Name the first one.</li>}
        </ul>
        <form
          className="mt-2 flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            if (fresh.trim()) put.mutate({ add: [fresh.trim()] })
            setFresh('')
          }}
        >
          <TextField label="New label" autoFocus value={fresh} onChange={setFresh} className="flex-1" maxLength={50} />
          <Button type="submit" isDisabled={!fresh.trim()}>
            Add
          </Button>
        </form>
      </Dialog>
    </span>
  )
}
