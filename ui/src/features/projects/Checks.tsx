/** What the project's results must pass. Where it says nothing, its repository's own file counts. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus, ShieldCheck, X } from 'lucide-react'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { Check, ProjectTold, Verification } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Checkbox, TextField } from '@/kit/Field'
import { Card } from '@/kit/Page'
import { ErrorState, Skeleton } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'

const NOTHING: Verification = { checks: [{ name: 'tests', run: '' }], rounds: 2, review: false }

export function Checks({ project }: { project: ProjectTold }) {
  const query = ask('GET /api/projects/{project_id}/verification', { path: { project_id: project.id } })
  const { data, error, refetch } = useQuery(query)
  const [draft, setDraft] = useState<Verification | null>(null)
  const mayWrite = useMay('project:write', project.id)
  const saysNothing = error instanceof ApiError && error.status === 404
  const said = saysNothing ? undefined : data
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 text-14 font-semibold">Verification</h2>
        {!draft && (said || saysNothing) && mayWrite && (
          <Button icon={said ? Pencil : Plus} onPress={() => setDraft(said ?? NOTHING)}>
            {said ? 'Edit' : 'Add checks'}
          </Button>
        )}
      </div>
      {draft ? (
        <Form project={project} draft={draft} isSaid={said !== undefined} onChange={setDraft} onClose={() => setDraft(null)} />
      ) : said ? (
        <Said verification={said} />
      ) : saysNothing ? (
        <p className="text-fg-2">
          The project demands nothing of its own: what <code>.clawlink.toml</code> in its repository says counts.
        </p>
      ) : error ? (
        <ErrorState what="The verification could not be read." error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton rows={2} />
      )}
    </Card>
  )
}

function Said({ verification: { checks = [], rounds = 2, review = false } }: { verification: Verification }) {
  return (
    <>
      <ul className="flex flex-col divide-y divide-line rounded-6 border border-line">
        {checks.map(({ name, run, timeout_seconds: seconds, network }) => (
          <li key={name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
            <span className="w-32 truncate font-medium">{name}</span>
            <code className="min-w-0 flex-1 basis-40 break-words">{run}</code>
            <span className="text-12 text-fg-3">
              {seconds && `${seconds} s at most`}
              {network && ', with network'}
            </span>
          </li>
        ))}
      </ul>
      <p className="flex items-center gap-2 text-fg-2">
        <ShieldCheck size={16} aria-hidden className="shrink-0 text-fg-3" />
        {rounds ? `The agent may mend what failed ${rounds === 1 ? 'once' : `${rounds} times`}.` : 'The agent is not asked to mend what failed.'} {review ? 'A person must approve the result.' : 'No approval is needed.'}
      </p>
    </>
  )
}

interface FormProps {
  project: ProjectTold
  draft: Verification
  isSaid: boolean
  onChange(draft: Verification): void
  onClose(): void
}

function Form({ project, draft, isSaid, onChange, onClose }: FormProps) {
  const client = useQueryClient()
  const path = { project_id: project.id }
  const done = async (text: string) => {
    await client.resetQueries({ queryKey: ['GET /api/projects/{project_id}/verification'] })
    toast(text)
    onClose()
  }
  const save = useMutation({ mutationFn: () => call('PUT /api/projects/{project_id}/verification', { path, body: draft }), onSuccess: () => done('Verification saved') })
  const clear = useMutation({ mutationFn: () => call('DELETE /api/projects/{project_id}/verification', { path }), onSuccess: () => done('The repository says again'), onError: toastError })
  const checks = draft.checks ?? []
  const change = (at: number, part: Partial<Check>) => onChange({ ...draft, checks: checks.with(at, { ...checks[at]!, ...part }) })
  const canSave = checks.every(({ name, run }) => name.trim() && run.trim()) && !save.isPending
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (canSave) save.mutate()
      }}
    >
      {checks.map((check, at) => (
        <div key={at} className="grid grid-cols-[minmax(0,1fr)_auto] gap-2 rounded-6 border border-line p-3 sm:grid-cols-[10rem_minmax(0,1fr)_6rem_auto]">
          <TextField label="Name" value={check.name} onChange={(name) => change(at, { name })} className="max-sm:col-start-1" />
          <TextField label="Command" value={check.run} onChange={(run) => change(at, { run })} placeholder="make test" className="max-sm:col-span-2 max-sm:row-start-2" />
          <TextField label="Seconds" inputMode="numeric" value={check.timeout_seconds === undefined ? '' : String(check.timeout_seconds)} onChange={(text) => change(at, { timeout_seconds: Number(text.replace(/\D/g, '')) || undefined })} placeholder="600" className="max-sm:col-start-1" />
          <IconButton name={`Remove the check ${check.name}`} icon={X} className="mt-5 max-sm:col-start-2 max-sm:row-start-1" onPress={() => onChange({ ...draft, checks: checks.toSpliced(at, 1) })} />
          <span className="sm:col-span-4">
            <Checkbox isSelected={check.network ?? false} onChange={(network) => change(at, { network })}>
              Needs the network
            </Checkbox>
          </span>
        </div>
      ))}
      <Button kind="quiet" icon={Plus} className="-ml-1 self-start" onPress={() => onChange({ ...draft, checks: [...checks, { name: '', run: '' }] })}>
        One more check
      </Button>
      <TextField label="How often the agent may mend what failed" className="w-72 max-w-full" inputMode="numeric" value={String(draft.rounds ?? 2)} onChange={(text) => onChange({ ...draft, rounds: Math.min(20, Number(text.replace(/\D/g, ''))) })} />
      <Checkbox isSelected={draft.review ?? false} onChange={(review) => onChange({ ...draft, review })}>
        A person must approve the result
      </Checkbox>
      {save.error && (
        <p role="alert" className="text-bad">
          {save.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {isSaid && (
          <Button kind="quiet" onPress={() => clear.mutate()}>
            Let the repository say
          </Button>
        )}
        <span className="ml-auto flex gap-2">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isDisabled={!canSave}>
            Save checks
          </Button>
        </span>
      </div>
    </form>
  )
}
