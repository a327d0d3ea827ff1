/** A token is made: its name, how long it is good, and what of one's rights it has. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { ask, call } from '@/api/client'
import type { Me, Permission, TokenMade } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Checkbox, Select, TextField } from '@/kit/Field'

const DAYS = ['7', '30', '90', '365'] as const
type Days = (typeof DAYS)[number]

export interface NewTokenProps {
  me: Me
  onMade(made: TokenMade): void
  onClose(): void
}

export function NewToken({ me, onMade, onClose }: NewTokenProps) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState<Days>('90')
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const [project, setProject] = useState('')
  const [isAll, setAll] = useState(false)
  const [scopes, setScopes] = useState<ReadonlySet<Permission>>(new Set(me.permissions.filter((one) => one.endsWith(':view') || one.endsWith(':read') || one.endsWith(':list'))))
  const make = useMutation({
    mutationFn: () => call('POST /api/tokens', { body: { name: name.trim(), expires_in_days: Number(days), project_id: project ? Number(project) : null, scopes: isAll ? null : me.permissions.filter((one) => scopes.has(one)) } }),
    async onSuccess(made) {
      await client.invalidateQueries({ queryKey: ['GET /api/tokens'] })
      onMade(made)
    },
  })
  const canSend = name.trim() !== '' && (isAll || scopes.size > 0) && !make.isPending
  const send = (event?: FormEvent) => {
    event?.preventDefault()
    if (canSend) make.mutate()
  }
  const turn = (permission: Permission, isOn: boolean) => {
    const next = new Set(scopes)
    if (isOn) next.add(permission)
    else next.delete(permission)
    setScopes(next)
  }
  return (
    <Dialog
      title="New token"
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!canSend} onPress={() => send()}>
            {make.isPending ? 'Making it…' : 'Make the token'}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4" onSubmit={send}>
        <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_10rem]">
          <TextField label="Name" autoFocus value={name} onChange={setName} maxLength={64} hint="What uses it, such as “nightly build”." />
          <Select<Days> label="Good for" value={days} onChange={setDays} choices={DAYS.map((value) => ({ value, label: value === '365' ? 'A year' : `${value} days` }))} />
        </div>
        <Select
          label="Where"
          value={project}
          onChange={setProject}
          choices={[{ value: '', label: 'All projects that I see' }, ...projects.map(({ id, key, name }) => ({ value: String(id), label: key, hint: name }))]}
          hint="In one project alone, nothing else is there for it."
        />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-12 font-medium text-fg-2">What it may</legend>
          <Checkbox isSelected={isAll} onChange={setAll}>
            All that I may, also what I am given later
          </Checkbox>
          {!isAll && (
            <div className="grid gap-1 border-t border-line pt-2 sm:grid-cols-2">
              {me.permissions.map((permission) => (
                <Checkbox key={permission} isSelected={scopes.has(permission)} onChange={(isOn) => turn(permission, isOn)}>
                  <code>{permission}</code>
                </Checkbox>
              ))}
            </div>
          )}
        </fieldset>
        {make.error && (
          <p role="alert" className="text-bad">
            {make.error.message}
          </p>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
