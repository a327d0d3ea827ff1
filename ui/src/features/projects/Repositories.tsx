/** Further repositories of the project, that a task may be about beside its own: each under a name, which its paths begin with in a review. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { FolderGit2, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { ProjectTold, RepositoryTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { Card } from '@/kit/Page'
import { ErrorState, Skeleton } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { nameFor, understood } from './standing'

export default function Repositories({ project }: { project: ProjectTold }) {
  const client = useQueryClient()
  const path = { project_id: project.id }
  const { data, error, refetch } = useQuery(ask('GET /api/projects/{project_id}/repositories', { path }))
  const [isAdding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<RepositoryTold | null>(null)
  const mayWrite = useMay('project:write', project.id)
  const again = () => client.invalidateQueries({ queryKey: ['GET /api/projects/{project_id}/repositories'] })
  const remove = useMutation({ mutationFn: (name: string) => call('DELETE /api/projects/{project_id}/repositories/{name}', { path: { ...path, name } }), onSuccess: again, onError: toastError })
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 text-14 font-semibold">Further repositories</h2>
        {data && !isAdding && mayWrite && project.github_repo_url && (
          <Button icon={Plus} onPress={() => setAdding(true)}>
            Add a repository
          </Button>
        )}
      </div>
      {error && !data ? (
        <ErrorState what="The repositories could not be read." error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={1} />
      ) : data.length === 0 ? (
        !isAdding && <p className="text-fg-2">Every task is about the project’s own repository alone.</p>
      ) : (
        <ul className="flex flex-col divide-y divide-line rounded-6 border border-line">
          {data.map((one) => (
            <li key={one.name} className="flex min-h-11 items-center gap-3 py-1 pr-1 pl-3">
              <FolderGit2 size={16} aria-hidden className="shrink-0 text-fg-3" />
              <span className="flex min-w-0 flex-1 flex-wrap gap-x-3">
                <span className="font-medium">{one.name}</span>
                <span className="min-w-0 break-all text-fg-2">{one.owner ? `${one.owner}/${one.host_name}` : one.url}</span>
              </span>
              {mayWrite && <IconButton name={`Remove ${one.name}`} icon={X} onPress={() => setLeaving(one)} />}
            </li>
          ))}
        </ul>
      )}
      {isAdding && <Adding project={project} onDone={() => (void again(), setAdding(false))} onClose={() => setAdding(false)} />}
      <Confirm title={`Remove ${leaving?.name ?? ''}?`} verb="Remove" isOpen={leaving !== null} onClose={() => setLeaving(null)} onConfirm={() => leaving && remove.mutate(leaving.name)}>
        No task is about it from now on. What runs made in it stays as it is.
      </Confirm>
    </Card>
  )
}

function Adding({ project, onDone, onClose }: { project: ProjectTold; onDone(): void; onClose(): void }) {
  const [url, setUrl] = useState('')
  const [typed, setTyped] = useState<string | null>(null)
  const name = typed ?? nameFor(url)
  const add = useMutation({
    mutationFn: () => call('PUT /api/projects/{project_id}/repositories/{name}', { path: { project_id: project.id, name: name.trim() }, body: { url: url.trim() } }),
    onSuccess: (made) => (toast(`${made.name} added`), onDone()),
  })
  const canSend = url.trim() !== '' && name.trim() !== '' && !add.isPending
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (canSend) add.mutate()
      }}
    >
      <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_12rem]">
        <TextField autoFocus label="Where it is" value={url} onChange={setUrl} placeholder="https://github.com/you/other or /home/you/other" hint={understood(url) ?? undefined} />
        <TextField label="Name" value={name} onChange={setTyped} maxLength={64} hint={name ? `${name}/README.md` : undefined} />
      </div>
      {add.error && (
        <p role="alert" className="break-words text-bad">
          {add.error.message}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" isDisabled={!canSend}>
          Add
        </Button>
      </div>
    </form>
  )
}
