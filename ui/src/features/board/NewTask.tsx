/** A new task: a title is enough. Stays open for the next one with Ctrl Enter. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { Priority, ProjectTold, TaskStatus } from '@/api/schema'
import { Button, Key } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Select, TextArea, TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'
import { AgentPicker } from '@/nouns/AgentPicker'
import { PRIORITY, TASK_STATUS } from '@/nouns/TaskStatus'

const STATUSES = (Object.keys(TASK_STATUS) as TaskStatus[]).map((value) => ({ value, label: TASK_STATUS[value].label }))
const PRIORITIES = (Object.keys(PRIORITY) as Priority[]).map((value) => ({ value, label: PRIORITY[value].label }))

export interface NewTaskProps {
  status: TaskStatus
  project: ProjectTold | undefined
  onClose(): void
}

export function NewTask({ status: given, project: chosen, onClose }: NewTaskProps) {
  const { data: projects } = useQuery(ask('GET /api/projects'))
  const [projectId, setProject] = useState(chosen?.id ?? null)
  const [title, setTitle] = useState('')
  const [description, setDescription] = useState('')
  const [status, setStatus] = useState(given)
  const [priority, setPriority] = useState<Priority>('medium')
  const [agent, setAgent] = useState<string | null>(null)
  const project_id = projectId ?? projects?.[0]?.id

  const create = useMutation({
    mutationFn: () => call('POST /api/tasks', { body: { project_id: project_id!, title: title.trim(), description: description.trim() || null, status, priority, assigned_agent_type: agent } }),
    onSuccess: (task) => {
      toast(`${task.key} created`)
      onClose()
    },
  })
  const wrong = create.error instanceof ApiError ? create.error : null
  const send = (event?: FormEvent) => {
    event?.preventDefault()
    if (title.trim() && project_id !== undefined && !create.isPending) create.mutate()
  }
  return (
    <Dialog
      title="New task"
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!title.trim() || project_id === undefined || create.isPending} onPress={() => send()}>
            Create task <Key>↵</Key>
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4" onSubmit={send}>
        <TextField label="Title" autoFocus value={title} onChange={setTitle} placeholder="What is to be done" error={wrong?.fields.title} maxLength={500} />
        <TextArea label="Description" rows={5} value={description} onChange={setDescription} placeholder="What an agent needs to know. Markdown." error={wrong?.fields.description} />
        <div className="grid grid-cols-2 gap-3">
          <Select label="Project" choices={(projects ?? []).map(({ id, key, name }) => ({ value: String(id), label: name, hint: key }))} value={project_id === undefined ? null : String(project_id)} onChange={(id) => setProject(Number(id))} error={wrong?.fields.project_id} />
          <AgentPicker any none="Nobody yet" value={agent} onChange={setAgent} />
          <Select label="Status" choices={STATUSES} value={status} onChange={(next) => setStatus(next)} />
          <Select label="Priority" choices={PRIORITIES} value={priority} onChange={(next) => setPriority(next)} />
        </div>
        {wrong && !Object.keys(wrong.fields).length && (
          <p role="alert" className="text-bad">
            {wrong.message}
          </p>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
