/** What it hangs together with: what must be done before it, what waits for it, its parts. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { Link as LinkKind, LinkedTold, LinksTold, TaskTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { useMay } from '@/nouns/may'
import { TaskStatus } from '@/nouns/TaskStatus'
import { Section } from './Section'

const KINDS: ReadonlyArray<{ value: LinkKind; label: string; of(links: LinksTold): readonly LinkedTold[] }> = [
  { value: 'blocked_by', label: 'Waits for', of: (links) => links.blocked_by },
  { value: 'blocks', label: 'Holds up', of: (links) => links.blocks },
  { value: 'child', label: 'Is a part of', of: (links) => (links.parent ? [links.parent] : []) },
  { value: 'parent', label: 'Sub-tasks', of: (links) => links.children },
  { value: 'relates', label: 'Relates to', of: (links) => links.relates },
]

export function Links({ task }: { task: TaskTold }) {
  const query = ask('GET /api/tasks/{task_id}/links', { path: { task_id: task.id } })
  const { data: links } = useQuery(query)
  const [isAdding, setAdding] = useState(false)
  const mayWrite = useMay('project:write', task.project_id)
  const remove = useMutation({
    mutationFn: ({ link, other }: { link: LinkKind; other: number }) => call('DELETE /api/tasks/{task_id}/links/{link}/{other}', { path: { task_id: task.id, link, other } }),
    onSuccess: (data, _gone, _context, { client }) => client.setQueryData(query.queryKey, data),
  })
  const shown = links ? KINDS.map((kind) => ({ ...kind, others: kind.of(links) })).filter(({ others }) => others.length) : []
  return (
    <Section title="Links" actions={mayWrite && !isAdding && <IconButton name="Add a link" icon={Plus} onPress={() => setAdding(true)} />}>
      {shown.map(({ value, label, others }) => (
        <div key={value} className="flex flex-col gap-1">
          <h3 className="text-12 font-medium text-fg-3">
            {label}
            {value === 'parent' && links && ` · ${links.done} of ${links.total} done`}
          </h3>
          <ul className="flex flex-col">
            {others.map((other) => (
              <li key={other.id} className="group flex min-h-8 items-center gap-2 rounded-6 px-2 -mx-2 hover:bg-hover">
                <span className="w-24 shrink-0">
                  <TaskStatus bare status={other.status} />
                </span>
                <Link to="/tasks/$key" params={{ key: other.key }} search={true} className="min-w-0 flex-1 truncate hover:underline">
                  <span className="text-fg-3 tabular-nums">{other.key}</span> {other.title}
                </Link>
                {mayWrite && <IconButton name={`Remove the link to ${other.key}`} icon={X} onPress={() => remove.mutate({ link: value, other: other.id })} />}
              </li>
            ))}
          </ul>
        </div>
      ))}
      {links && !shown.length && !isAdding && <p className="text-fg-3">It waits for no other task.</p>}
      {isAdding && <Add task={task} onClose={() => setAdding(false)} />}
    </Section>
  )
}

function Add({ task, onClose }: { task: TaskTold; onClose(): void }) {
  const query = ask('GET /api/tasks/{task_id}/links', { path: { task_id: task.id } })
  const [kind, setKind] = useState<LinkKind>('blocked_by')
  const [text, setText] = useState('')
  const words = text.trim()
  const { data: found } = useQuery({ ...ask('GET /api/search', { query: { q: words, limit: 6 } }), enabled: words.length > 1 })
  const add = useMutation({
    async mutationFn(other: number | string) {
      const id = typeof other === 'number' ? other : (await call('GET /api/tasks', { query: { key: [other.toUpperCase()] } }))[0]?.id
      if (id === undefined) throw new Error(`There is no task ${other}.`)
      return call('POST /api/tasks/{task_id}/links', { path: { task_id: task.id }, body: { link: kind, other: id } })
    },
    onSuccess(data, _other, _context, { client }) {
      client.setQueryData(query.queryKey, data)
      onClose()
    },
  })
  const others = found?.filter(({ id }) => id !== task.id) ?? []
  return (
    <form
      className="flex flex-col gap-2 rounded-8 border border-line bg-bg p-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (words) add.mutate(words)
      }}
    >
      <div className="flex items-start gap-2">
        <Select label="How" hideLabel className="w-36 shrink-0" choices={KINDS.map(({ value, label }) => ({ value, label: value === 'parent' ? 'Has the sub-task' : label }))} value={kind} onChange={(next) => setKind(next)} />
        <TextField
          label="Other task"
          hideLabel
          autoFocus
          className="min-w-0 flex-1"
          placeholder="Key or words, as DEMO-4"
          value={text}
          onChange={(next) => {
            add.reset()
            setText(next)
          }}
          error={add.error?.message}
        />
        <IconButton name="Leave it" icon={X} onPress={onClose} />
      </div>
      {others.length > 0 && (
        <ul aria-label="Tasks found" className="flex flex-col">
          {others.map(({ id, key, title, status }) => (
            <li key={id}>
              <Button kind="quiet" className="w-full !justify-start" onPress={() => add.mutate(id)}>
                <span className="text-fg-3 tabular-nums">{key}</span>
                <span className="min-w-0 truncate text-fg">{title}</span>
                <span className="ml-auto">
                  <TaskStatus bare status={status} />
                </span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </form>
  )
}
