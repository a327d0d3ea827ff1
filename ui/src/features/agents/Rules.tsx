/** What the agent may do without asking, what it may not: this layer's rules to edit, the others' to read, and a place to try. */
import { useQuery } from '@tanstack/react-query'
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { ask } from '@/api/client'
import { Button, IconButton } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { Effect, EFFECT } from '@/nouns/Effect'
import { fresh, moved, type RuleRow } from './draft'
import { LearntRules } from './LearntRules'
import { TryAct } from './TryAct'
import type { DraftView } from './view'

export const TOOLS = ['*', 'read', 'edit', 'delete', 'move', 'search', 'execute', 'think', 'fetch', 'other'] as const
export const TOOL_CHOICES = TOOLS.map((tool) => ({ value: tool, label: tool === '*' ? 'Any tool' : tool }))

export function Rules(view: DraftView & { isSaved: boolean }) {
  const { agent, layer } = view
  return (
    <div className="mx-auto grid max-w-7xl gap-6 p-4 pb-12 xl:grid-cols-[1fr_22rem]">
      <div className="flex min-w-0 flex-col gap-6">
        <Table {...view} />
        {layer.project_id !== null && <Others name={agent.name} project={layer.project_id} />}
        <LearntRules name={agent.name} />
      </div>
      <TryAct name={agent.name} project={layer.project_id} isSaved={view.isSaved} />
    </div>
  )
}

function Table({ layer, draft, change, fields, isReadOnly }: DraftView) {
  const rows = draft.rules
  const wrong = Object.entries(fields).find(([name]) => name.startsWith('rules'))?.[1]
  return (
    <section aria-label="Rules of this layer" className="flex flex-col gap-3">
      <div>
        <h2 className="text-14">{layer.project_id === null ? 'For the whole installation' : 'For this project'}</h2>
        <p className="text-12 text-fg-2">
          A no beats a question, and a question a yes, wherever they stand; the order is for readers. <code>*</code> any characters, in a path but <code>/</code>; <code>**</code> in a path any.
        </p>
      </div>
      {rows.length === 0 ? (
        <p className="rounded-8 border border-dashed border-line-strong p-4 text-center text-fg-2">No rule stands here: the mode decides.</p>
      ) : (
        <ol className="flex flex-col gap-2">
          {rows.map((row, index) => (
            <RuleLine
              key={row.id}
              row={row}
              number={index + 1}
              isLast={index === rows.length - 1}
              isReadOnly={isReadOnly}
              onEdit={(some) => change({ rules: rows.map((one) => (one.id === row.id ? { ...one, ...some } : one)) })}
              onMove={(by) => change({ rules: moved(rows, index, by) })}
              onRemove={() => change({ rules: rows.filter(({ id }) => id !== row.id) })}
            />
          ))}
        </ol>
      )}
      {wrong && (
        <p role="alert" className="text-12 text-bad">
          {wrong}
        </p>
      )}
      {!isReadOnly && (
        <Button icon={Plus} className="self-start" onPress={() => change({ rules: [...rows, { id: fresh(), effect: 'ask', tool: '*', command: '', path: '', host: '', why: '' }] })}>
          Add a rule
        </Button>
      )}
    </section>
  )
}

interface RuleLineProps {
  row: RuleRow
  number: number
  isLast: boolean
  isReadOnly: boolean
  onEdit(some: Partial<RuleRow>): void
  onMove(by: number): void
  onRemove(): void
}

function RuleLine({ row, number, isLast, isReadOnly, onEdit, onMove, onRemove }: RuleLineProps) {
  const field = (name: 'command' | 'path' | 'host' | 'why', label: string, placeholder: string) => (
    <TextField label={`${label} of rule ${number}`} hideLabel placeholder={placeholder} value={row[name]} onChange={(value) => onEdit({ [name]: value })} isReadOnly={isReadOnly} />
  )
  return (
    <li className="flex items-start gap-2 rounded-8 border border-line bg-surface p-2">
      <span aria-hidden className="flex h-control w-5 shrink-0 items-center justify-end text-12 text-fg-3 tabular-nums">
        {number}.
      </span>
      <div className="grid min-w-0 flex-1 grid-cols-2 gap-2 lg:grid-cols-[6.5rem_7.5rem_2fr_3fr_3fr]">
        <Select
          label={`Effect of rule ${number}`}
          hideLabel
          value={row.effect}
          onChange={(effect) => onEdit({ effect })}
          isDisabled={isReadOnly}
          choices={(['allow', 'ask', 'deny'] as const).map((effect) => ({ value: effect, label: EFFECT[effect].label }))}
        />
        <Select label={`Tool of rule ${number}`} hideLabel value={row.tool} onChange={(tool) => onEdit({ tool })} isDisabled={isReadOnly} choices={TOOL_CHOICES} />
        <div className="max-lg:col-span-2 lg:min-w-40">{field('command', 'Command', 'command, as git push *')}</div>
        {field('path', 'Path', 'path, as docs/**')}
        {field('host', 'Host', 'host')}
        <div className="col-span-full">{field('why', 'Reason', 'Why: told to the agent and to people')}</div>
      </div>
      {!isReadOnly && (
        <span className="flex shrink-0 max-sm:flex-col">
          <IconButton name={`Move rule ${number} up`} icon={ArrowUp} isDisabled={number === 1} onPress={() => onMove(-1)} />
          <IconButton name={`Move rule ${number} down`} icon={ArrowDown} isDisabled={isLast} onPress={() => onMove(1)} />
          <IconButton name={`Remove rule ${number}`} icon={Trash2} onPress={onRemove} />
        </span>
      )}
    </li>
  )
}

/** The installation's rules hold in a project too. */
function Others({ name, project }: { name: string; project: number }) {
  const { data } = useQuery(ask('GET /api/agents/{name}/rules', { path: { name }, query: { project_id: project } }))
  const others = data?.rules.filter(({ origin }) => origin === 'installation') ?? []
  if (others.length === 0) return null
  return (
    <section aria-label="Rules of the installation">
      <h2 className="mb-2 text-14">From the whole installation, holding here too</h2>
      <ul className="divide-y divide-line rounded-8 border border-line bg-surface">
        {others.map(({ text, rule }) => (
          <li key={text} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
            <Effect effect={rule.effect} />
            <code className="min-w-0 break-all">{text.replace(/^\w+ ?/, '') || 'everything'}</code>
            {rule.why && <span className="text-12 text-fg-2">{rule.why}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
