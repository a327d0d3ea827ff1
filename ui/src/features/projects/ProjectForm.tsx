/** A new project, or another name, repository and state for one there is. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { ApiError, call } from '@/api/client'
import type { ProjectStatus, ProjectTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Select, TextArea, TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'
import { keyFor, understood } from './standing'

export const STATES: ReadonlyArray<{ value: ProjectStatus; label: string }> = [
  { value: 'active', label: 'Active' },
  { value: 'on_hold', label: 'On hold' },
  { value: 'completed', label: 'Completed' },
  { value: 'archived', label: 'Archived' },
]

export function ProjectForm({ project, onClose }: { project?: ProjectTold; onClose(): void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState(project?.name ?? '')
  const [typedKey, setKey] = useState<string | null>(null)
  const [repository, setRepository] = useState(project?.github_repo_url ?? '')
  const [description, setDescription] = useState(project?.description ?? '')
  const [status, setStatus] = useState<ProjectStatus>(project?.status ?? 'active')
  const key = project?.key ?? typedKey ?? keyFor(name)

  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), description: description.trim() || null, github_repo_url: repository.trim() || null, status }
      return project ? call('PATCH /api/projects/{project_id}', { path: { project_id: project.id }, body }) : call('POST /api/projects', { body: { ...body, key } })
    },
    async onSuccess(saved) {
      await client.invalidateQueries({ queryKey: ['GET /api/projects'] })
      toast(project ? `${saved.key} saved` : `Project ${saved.key} created`)
      onClose()
      if (!project) void navigate({ to: '/projects/$key', params: { key: saved.key } })
    },
  })
  const wrong = whereWrong(save.error)
  const canSave = name.trim() !== '' && key !== '' && !save.isPending
  const send = (event?: FormEvent) => {
    event?.preventDefault()
    if (canSave) save.mutate()
  }
  return (
    <Dialog
      title={project ? `Edit ${project.key}` : 'New project'}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!canSave} onPress={() => send()}>
            {project ? 'Save' : 'Create project'}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4" onSubmit={send}>
        <div className="grid grid-cols-[minmax(0,1fr)_8rem] gap-3">
          <TextField label="Name" autoFocus value={name} onChange={setName} error={wrong.name} maxLength={255} />
          <TextField label="Key" value={key} onChange={(next) => setKey(next.toUpperCase())} error={wrong.key} isDisabled={project !== undefined} hint={project ? undefined : `${key || 'KEY'}-1`} maxLength={50} />
        </div>
        <TextField label="Repository" value={repository} onChange={setRepository} error={wrong.repository} placeholder="https://github.com/you/it or /home/you/it" hint={understood(repository) ?? 'Anything git can clone: a URL, or a path on this machine. May be set later.'} />
        <TextArea label="Description" rows={3} value={description} onChange={setDescription} error={wrong.description} />
        {project && <Select label="State" choices={STATES} value={status} onChange={(next) => setStatus(next)} />}
        {wrong.other && (
          <p role="alert" className="text-bad">
            {wrong.other}
          </p>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}

/** Beside which field the hub's refusal belongs: what it says of a key or a repository comes as a sentence alone. */
export function whereWrong(error: Error | null): { name?: string; key?: string; repository?: string; description?: string; other?: string } {
  if (!error) return {}
  const { name, key, github_repo_url: repository, description } = error instanceof ApiError ? error.fields : {}
  if (name ?? key ?? repository ?? description) return { name, key, repository, description }
  if (/repository|git clone/i.test(error.message)) return { repository: error.message }
  if (/\bkey\b/i.test(error.message)) return { key: error.message }
  return { other: error.message }
}
