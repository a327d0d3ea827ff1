/** Give the task to an agent, or to several at once, whose results are then compared. */
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CirclePlay, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { ApiError, call } from '@/api/client'
import type { TaskTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { TextArea, TextField } from '@/kit/Field'
import { useHotkey } from '@/kit/hotkeys'
import { toast } from '@/kit/toast'
import { MayNot } from '@/nouns/MayNot'
import { useMay } from '@/nouns/may'
import { AgentPicker, ModelPicker, useUsualAgent } from '@/nouns/AgentPicker'

interface Contender {
  agent: string | null
  model: string | null
}

const AT_MOST = 8

export const promptOf = ({ title, description }: Pick<TaskTold, 'title' | 'description'>): string => (description ? `${title}\n\n${description}` : title)

/** "2", "0.50" as dollars; null: none is set; undefined: it is no amount. */
export function budgetOf(text: string): number | null | undefined {
  if (!text.trim()) return null
  const usd = Number(text.trim().replace(/^\$/, '').replace(',', '.'))
  return Number.isFinite(usd) && usd > 0 ? usd : undefined
}

export function StartRun({ task }: { task: TaskTold }) {
  const [isOpen, setOpen] = useState(false)
  const maySubmit = useMay('task:submit', task.project_id)
  useHotkey({ id: 'task.run', keys: 'r', label: 'Start a run', group: 'Task', isOff: !maySubmit }, () => setOpen(true))
  if (!maySubmit) return <MayNot>You may not start runs.</MayNot>
  if (isOpen) return <Form task={task} onClose={() => setOpen(false)} />
  return (
    <Button kind="primary" icon={CirclePlay} className="self-start" onPress={() => setOpen(true)}>
      Start a run
    </Button>
  )
}

function Form({ task, onClose }: { task: TaskTold; onClose(): void }) {
  const navigate = useNavigate()
  const usual = useUsualAgent()
  const [written, write] = useState<string | null>(null)
  const [budget, setBudget] = useState('')
  const [contenders, setContenders] = useState<Contender[]>([{ agent: task.assigned_agent_type, model: null }])
  const prompt = written ?? promptOf(task)
  const usd = budgetOf(budget)
  const several = contenders.length > 1
  const chosen = contenders.map(({ agent, model }) => ({ agent: agent ?? usual, model }))
  const known = chosen.filter((one): one is { agent: string; model: string | null } => one.agent !== null)

  const start = useMutation({
    async mutationFn() {
      if (several) return { comparison: (await call('POST /api/tasks/{task_id}/comparisons', { path: { task_id: task.id }, body: { prompt, contenders: known } })).id }
      const [{ agent, model }] = known as [(typeof known)[0]]
      const options = model || usd ? { model, budget_usd: usd ?? null } : null
      return { run: (await call('POST /api/runs', { body: { agent, prompt, task_id: task.id, options } })).id }
    },
    onSuccess(begun) {
      if (begun.comparison) return void navigate({ to: '/comparisons/$id', params: { id: begun.comparison } })
      toast(`${known[0]!.agent} is at work on ${task.key}`)
      onClose()
    },
  })
  const change = (at: number, part: Partial<Contender>) => setContenders(contenders.with(at, { ...contenders[at]!, ...part }))
  const canStart = prompt.trim() !== '' && known.length === contenders.length && usd !== undefined && !start.isPending

  return (
    <section aria-label="Start a run" className="flex flex-col gap-3 rounded-8 border border-line bg-bg p-4">
      <div className="flex items-center">
        <h2 className="flex-1 text-13 font-semibold">Start a run</h2>
        <IconButton name="Leave it" icon={X} onPress={onClose} className="-my-1 -mr-2" />
      </div>
      {chosen.map(({ agent, model }, at) => (
        <div key={at} className="flex items-end gap-2">
          <AgentPicker className="min-w-0 flex-1" label={several ? `Agent ${at + 1}` : 'Agent'} value={agent} onChange={(next) => change(at, { agent: next, model: null })} />
          <ModelPicker className="min-w-0 flex-1" agent={agent} value={model} onChange={(next) => change(at, { model: next })} />
          {several && <IconButton name={`Leave agent ${at + 1} out`} icon={X} onPress={() => setContenders(contenders.toSpliced(at, 1))} />}
        </div>
      ))}
      <TextArea label="What it is asked" rows={5} value={prompt} onChange={write} error={start.error instanceof ApiError ? start.error.fields.prompt : undefined} />
      <div className="flex flex-wrap items-end gap-2">
        {!several && <TextField label="At most" className="w-28" value={budget} onChange={setBudget} placeholder="no limit, $" inputMode="decimal" error={usd === undefined ? 'Dollars, as 2.50' : undefined} />}
        {contenders.length < AT_MOST && (
          <Button kind="quiet" icon={Plus} onPress={() => setContenders([...contenders, { agent: null, model: null }])}>
            {several ? 'One more' : 'Several at once'}
          </Button>
        )}
        <Button kind="primary" icon={CirclePlay} className="ml-auto" isDisabled={!canStart} onPress={() => start.mutate()}>
          {several ? `Start and compare ${contenders.length}` : 'Start'}
        </Button>
      </div>
      {start.error && (
        <p role="alert" className="text-bad">
          {start.error.message}
        </p>
      )}
    </section>
  )
}
