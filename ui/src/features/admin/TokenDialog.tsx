/** A token for a program: what it is narrowed to, until when; shown once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import { GRANTS } from '@/api/roles'
import type { Permission, User } from '@/api/schema'
import { CommandLine } from '@/kit/Copy'
import { Checkbox, Select, Switch, TextField } from '@/kit/Field'
import { FormDialog, Once } from './FormDialog'

const EVERYWHERE = '*'
const DAYS = ['7', '30', '90', '365'].map((value) => ({ value, label: `${value} days` }))

export function TokenDialog({ user, onClose }: { user: User; onClose(): void }) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [scopes, setScopes] = useState<readonly Permission[] | null>(null)
  const [project, setProject] = useState(EVERYWHERE)
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const make = useMutation({
    mutationFn: () => call('POST /api/tokens', { body: { name: name.trim(), user: user.id, expires_in_days: Number(days), scopes: scopes && [...scopes], project_id: project === EVERYWHERE ? null : Number(project) } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['GET /api/tokens'] }),
  })
  if (make.data)
    return (
      <Once title={`The token ${make.data.name}`} about={`Give it to ${user.id}. It is not shown again.`} onClose={onClose}>
        <CommandLine name="Copy the token">{make.data.token}</CommandLine>
      </Once>
    )
  const fields = make.error instanceof ApiError ? make.error.fields : {}
  return (
    <FormDialog
      title={`New token of ${user.id}`}
      verb="Make the token"
      isReady={name.trim() !== '' && (scopes === null || scopes.length > 0)}
      isPending={make.isPending}
      error={Object.keys(fields).length ? null : make.error}
      onSend={() => make.mutate()}
      onClose={onClose}
    >
      <TextField autoFocus label="Name" value={name} onChange={setName} error={fields.name} hint="What it is for" />
      <Select label="Ends after" value={days} onChange={setDays} choices={DAYS} />
      <Select label="Where" value={project} onChange={setProject} choices={[{ value: EVERYWHERE, label: 'Everywhere' }, ...projects.map(({ id, key, name: called }) => ({ value: String(id), label: key, hint: called }))]} hint="For a token of one project nothing else is there." />
      <Switch isSelected={scopes !== null} onChange={(isNarrow) => setScopes(isNarrow ? [] : null)}>
        Narrow what it may
      </Switch>
      {scopes && (
        <fieldset className="grid gap-1 sm:grid-cols-2">
          <legend className="sr-only">What it may</legend>
          {GRANTS[user.role].map((one) => (
            <Checkbox key={one} isSelected={scopes.includes(one)} onChange={(isIn) => setScopes(isIn ? [...scopes, one] : scopes.filter((other) => other !== one))}>
              <code>{one}</code>
            </Checkbox>
          ))}
        </fieldset>
      )}
    </FormDialog>
  )
}
