/** Variables, one a row. */
import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { Button, IconButton } from '@/kit/Button'
import { TextField } from '@/kit/Field'
import { fresh, type Variable } from './draft'
import type { DraftView } from './view'

export function Environment({ draft, change, fields, isReadOnly }: DraftView) {
  const rows = draft.env
  const edit = (id: number, some: Partial<Variable>) => change({ env: rows.map((row) => (row.id === id ? { ...row, ...some } : row)) })
  return (
    <div className="flex flex-col gap-2 sm:col-span-2">
      {rows.length === 0 && <p className="text-fg-3">No variables.</p>}
      {rows.map((row, index) => (
        <div key={row.id} className="flex items-start gap-2">
          <TextField label={`Name of variable ${index + 1}`} hideLabel placeholder="NAME" value={row.name} onChange={(name) => edit(row.id, { name })} isReadOnly={isReadOnly} className="w-2/5" />
          <TextField
            label={`Value of ${row.name || `variable ${index + 1}`}`}
            hideLabel
            placeholder="value or {secret:NAME}"
            value={row.value}
            onChange={(value) => edit(row.id, { value })}
            isReadOnly={isReadOnly}
            className="flex-1"
            hint={
              /^\{secret:\w+\}$/.test(row.value) && (
                <span className="inline-flex items-center gap-1">
                  <KeyRound size={12} aria-hidden /> From the node’s secrets
                </span>
              )
            }
          />
          {!isReadOnly && <IconButton name={`Remove ${row.name || `variable ${index + 1}`}`} icon={Trash2} onPress={() => change({ env: rows.filter(({ id }) => id !== row.id) })} />}
        </div>
      ))}
      {fields.env && (
        <p role="alert" className="text-12 text-bad">
          {fields.env}
        </p>
      )}
      {!isReadOnly && (
        <Button icon={Plus} className="self-start" onPress={() => change({ env: [...rows, { id: fresh(), name: '', value: '' }] })}>
          Add a variable
        </Button>
      )}
    </div>
  )
}
