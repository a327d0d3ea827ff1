/** GitHub's issues and tasks: kept the same both ways from now on, or brought in once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleDashed, Download, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { ProjectTold, Sync, SyncTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Checkbox, TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { Card } from '@/kit/Page'
import { Status } from '@/kit/Status'
import { ErrorState, Skeleton } from '@/kit/states'
import { toast } from '@/kit/toast'
import { AgentPicker } from '@/nouns/AgentPicker'
import { useMay } from '@/nouns/may'

const SECONDS_AT_MOST = 120

export default function Issues({ project }: { project: ProjectTold }) {
  const { data, error, refetch } = useQuery(ask('GET /api/projects/{project_id}/issues/sync', { path: { project_id: project.id } }))
  const [isEditing, setEditing] = useState(false)
  const mayWrite = useMay('project:write', project.id)
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="flex-1 text-14 font-semibold">GitHub issues</h2>
        {data !== undefined && !isEditing && mayWrite && <Button onPress={() => setEditing(true)}>{data?.on ? 'Change' : 'Keep in step…'}</Button>}
      </div>
      {error && data === undefined ? (
        <ErrorState what="How issues are kept could not be read." error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton rows={2} />
      ) : isEditing ? (
        <Form project={project} told={data} onClose={() => setEditing(false)} />
      ) : (
        <Standing told={data} />
      )}
      {!isEditing && mayWrite && data !== undefined && <Once project={project} />}
    </Card>
  )
}

function Standing({ told }: { told: SyncTold | null }) {
  if (!told?.on) return <p className="text-fg-2">Issues and tasks are not kept in step{told ? ' any more' : ''}.</p>
  const which = [told.label && `with the label ${told.label}`, told.assignee && `assigned to ${told.assignee}`].filter(Boolean).join(' or ')
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status icon={told.error ? TriangleAlert : told.read_up_to ? CircleCheck : CircleDashed} tone={told.error ? 'bad' : told.read_up_to ? 'ok' : 'run'}>
          {told.error ? 'Held up' : told.read_up_to ? 'In step' : 'Begins'}
        </Status>
        <span className="break-words">{which ? `Issues ${which}` : 'All issues'} and their tasks</span>
        {told.look_next_at && (
          <span className="text-12 text-fg-3">
            looked at next <Time at={told.look_next_at} />
          </span>
        )}
      </p>
      {told.error && (
        <p role="alert" className="rounded-8 bg-bad-soft px-3 py-2 break-words text-bad">
          {told.error}
        </p>
      )}
      <p className="text-fg-2">
        {told.start ? `The label of a trusted person starts ${told.agent ?? 'the project’s agent'}.` : 'No agent is started by an issue.'} {told.close_when_done ? 'A done task closes its issue.' : 'A done task leaves its issue open.'} {told.comment ? 'What happens is told there as a comment.' : ''}
      </p>
    </>
  )
}

const NOTHING: Sync = { on: true, label: null, assignee: null, start: false, agent: null, close_when_done: true, comment: true }

function Form({ project, told, onClose }: { project: ProjectTold; told: SyncTold | null; onClose(): void }) {
  const client = useQueryClient()
  const path = { project_id: project.id }
  const known: Sync = told ? { on: true, label: told.label, assignee: told.assignee, start: told.start, agent: told.agent, close_when_done: told.close_when_done, comment: told.comment } : NOTHING
  const [draft, setDraft] = useState(known)
  const save = useMutation({
    mutationFn: (wanted: Sync) => call('PUT /api/projects/{project_id}/issues/sync', { path, body: wanted }),
    onSuccess: (after) => {
      client.setQueryData(ask('GET /api/projects/{project_id}/issues/sync', { path }).queryKey, after)
      toast(after.on ? 'Issues and tasks are kept in step' : 'Issues and tasks go their own ways')
      onClose()
    },
  })
  const change = (part: Partial<Sync>) => setDraft({ ...draft, ...part })
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(draft)
      }}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="Only with the label" value={draft.label ?? ''} onChange={(label) => change({ label: label || null })} placeholder="any" maxLength={50} />
        <TextField label="Only assigned to" value={draft.assignee ?? ''} onChange={(assignee) => change({ assignee: assignee || null })} placeholder="anybody" />
      </div>
      <Checkbox isSelected={draft.start ?? false} onChange={(start) => change({ start })}>
        Start an agent when a trusted person sets the label
      </Checkbox>
      {draft.start && <AgentPicker none="The project’s or any" className="w-60" value={draft.agent ?? null} onChange={(agent) => change({ agent })} />}
      <Checkbox isSelected={draft.close_when_done ?? true} onChange={(close_when_done) => change({ close_when_done })}>
        Close the issue when its task is done
      </Checkbox>
      <Checkbox isSelected={draft.comment ?? true} onChange={(comment) => change({ comment })}>
        Tell in a comment there what happens here
      </Checkbox>
      {save.error && (
        <p role="alert" className="break-words text-bad">
          {save.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {told?.on && (
          <Button kind="quiet" isDisabled={save.isPending} onPress={() => save.mutate({ ...known, on: false })}>
            Stop it
          </Button>
        )}
        <span className="ml-auto flex gap-2">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isDisabled={save.isPending}>
            Keep in step
          </Button>
        </span>
      </div>
    </form>
  )
}

function Once({ project }: { project: ProjectTold }) {
  const [text, setText] = useState('')
  const numbers = [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits))
  const bring = useMutation({
    mutationFn: () => call('POST /api/projects/{project_id}/issues/import', { path: { project_id: project.id }, body: { numbers }, seconds: SECONDS_AT_MOST }),
    onSuccess: () => setText(''),
  })
  const told = bring.data
  return (
    <form
      className="flex flex-col gap-2 border-t border-line pt-3"
      onSubmit={(event) => {
        event.preventDefault()
        bring.mutate()
      }}
    >
      <div className="flex flex-wrap items-end gap-2">
        <TextField label="Bring in once" className="min-w-0 flex-1 basis-52" value={text} onChange={setText} placeholder="12, 14, 20; empty: all open ones" inputMode="text" />
        <Button type="submit" icon={Download} isDisabled={bring.isPending}>
          {bring.isPending ? 'Reading…' : numbers.length === 1 ? 'Import the issue' : numbers.length ? `Import ${numbers.length} issues` : 'Import open issues'}
        </Button>
      </div>
      {bring.error && (
        <p role="alert" className="break-words text-bad">
          {bring.error.message}
        </p>
      )}
      {told && (
        <div role="status" className="text-fg-2">
          {told.made.length ? `Made ${told.made.length === 1 ? told.made[0] : `${told.made.length} tasks`}.` : 'Nothing was made.'} {told.known > 0 && `${told.known} had a task already.`}
          <ul>
            {told.skipped.map(({ number, why }) => (
              <li key={number} className="break-words">
                #{number}: {why}
              </li>
            ))}
          </ul>
        </div>
      )}
    </form>
  )
}
