/** What to go on with when the step before is at its limit: an ordered list. */
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { Button, IconButton } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { fresh, moved, type Step } from './draft'
import type { DraftView } from './view'

const MORE = { account: 'account', model: 'model', agent: 'agent' } as const

export function FallbackChain({ draft, change, fields, isReadOnly }: DraftView) {
  const rows = draft.fallback
  const edit = (id: number, some: Partial<Step>) => change({ fallback: rows.map((row) => (row.id === id ? { ...row, ...some } : row)) })
  const wrong = Object.entries(fields).find(([name]) => name.startsWith('fallback'))?.[1]
  return (
    <fieldset className="flex flex-col gap-2 sm:col-span-2">
      <legend className="mb-1 text-12 font-medium text-fg-2">At a limit, go on with</legend>
      {rows.length === 0 && <p className="text-fg-3">Nothing: the run waits until the limit is over.</p>}
      <ol className="flex flex-col gap-2">
        {rows.map((row, index) => (
          <li key={row.id} className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
            <span aria-hidden className="w-5 text-right text-12 text-fg-3 tabular-nums">
              {index + 1}.
            </span>
            <Select
              label={`Kind of step ${index + 1}`}
              hideLabel
              className="w-32"
              value={row.kind}
              onChange={(kind) => edit(row.id, { kind })}
              isDisabled={isReadOnly}
              choices={[
                { value: 'account', label: 'Account' },
                { value: 'model', label: 'Model' },
                { value: 'agent', label: 'Agent' },
              ]}
            />
            <TextField
              label={`Name of the ${MORE[row.kind]} of step ${index + 1}`}
              hideLabel
              placeholder="name"
              value={row.name}
              onChange={(name) => edit(row.id, { name })}
              isReadOnly={isReadOnly}
              className="min-w-32 flex-1"
              hint={Object.entries(row.more).map(([kind, name]) => `${kind} ${name}`).join(', ') || undefined}
            />
            {!isReadOnly && (
              <span className="ml-auto flex">
                <IconButton name={`Move step ${index + 1} up`} icon={ArrowUp} isDisabled={index === 0} onPress={() => change({ fallback: moved(rows, index, -1) })} />
                <IconButton name={`Move step ${index + 1} down`} icon={ArrowDown} isDisabled={index === rows.length - 1} onPress={() => change({ fallback: moved(rows, index, 1) })} />
                <IconButton name={`Remove step ${index + 1}`} icon={Trash2} onPress={() => change({ fallback: rows.filter(({ id }) => id !== row.id) })} />
              </span>
            )}
          </li>
        ))}
      </ol>
      {wrong && (
        <p role="alert" className="text-12 text-bad">
          {wrong}
        </p>
      )}
      {!isReadOnly && (
        <Button icon={Plus} className="self-start" onPress={() => change({ fallback: [...rows, { id: fresh(), kind: 'model', name: '', more: {} }] })}>
          Add a step
        </Button>
      )}
    </fieldset>
  )
}
