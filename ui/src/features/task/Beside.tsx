/** Which of the project's further repositories the task is about, beside its own. Runs that have begun keep theirs. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { FolderGit2, Pencil } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { RepositoryTold, TaskTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Checkbox } from '@/kit/Field'
import { toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'

export default function Beside({ task, known }: { task: TaskTold; known: readonly RepositoryTold[] }) {
  const client = useQueryClient()
  const path = { task_id: task.id }
  const query = ask('GET /api/tasks/{task_id}/repositories', { path })
  const { data } = useQuery(query)
  const [isChoosing, setChoosing] = useState(false)
  const mayWrite = useMay('project:write', task.project_id)
  const names = data?.map(({ name }) => name) ?? []
  const choose = useMutation({
    mutationFn: (names: string[]) => call('PUT /api/tasks/{task_id}/repositories', { path, body: { names } }),
    onMutate: (names) => client.setQueryData(query.queryKey, known.filter(({ name }) => names.includes(name))),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: query.queryKey }),
  })
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
      {names.map((name) => (
        <span key={name} className="inline-flex min-w-0 items-center gap-1.5">
          <FolderGit2 size={14} aria-hidden className="shrink-0 text-fg-3" />
          <span className="truncate">{name}</span>
        </span>
      ))}
      {data && names.length === 0 && <span className="text-fg-3">The project’s own alone</span>}
      {mayWrite && data && (
        <Button kind="quiet" icon={Pencil} onPress={() => setChoosing(true)}>
          Choose
        </Button>
      )}
      <Dialog title={`${task.key} is about`} isOpen={isChoosing} onClose={() => setChoosing(false)} actions={<Button kind="primary" onPress={() => setChoosing(false)}>Done</Button>}>
        <div role="group" aria-label="Repositories" className="flex flex-col gap-2">
          <Checkbox isSelected isDisabled onChange={() => undefined}>
            The project’s own repository
          </Checkbox>
          {known.map(({ name, url, owner, host_name }) => (
            <Checkbox key={name} isSelected={names.includes(name)} onChange={(isOn) => choose.mutate(isOn ? [...names, name] : names.filter((one) => one !== name))}>
              <span className="flex min-w-0 flex-wrap gap-x-2">
                {name} <span className="break-all text-fg-3">{owner ? `${owner}/${host_name}` : url}</span>
              </span>
            </Checkbox>
          ))}
        </div>
      </Dialog>
    </span>
  )
}
