/** Accounts of programs, and the tokens by which they come in. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Ban, Bot, CircleCheck, KeyRound, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { Role, TokenTold, User } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Select, TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { EmptyState, Loaded } from '@/kit/states'
import { Badge, Status } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { ROLE_CHOICES, ROLES } from '@/nouns/roles'
import { FormDialog } from './FormDialog'
import { Part } from './Part'
import { TokenDialog } from './TokenDialog'

export function Programs() {
  const [isAdding, setAdding] = useState(false)
  const [tokenFor, setTokenFor] = useState<User | null>(null)
  useHotkey({ id: 'admin.program', keys: 'n', label: 'Add an account of a program', group: 'Administration' }, () => setAdding(true))
  const add = (
    <Button kind="primary" icon={Plus} onPress={() => setAdding(true)}>
      Add an account
    </Button>
  )
  return (
    <Loaded query={ask('GET /api/users', { query: { limit: 1000 } })} what="The accounts of programs">
      {(users) => {
        const programs = users.filter(({ service }) => service)
        return (
          <Part about="Programs that use this hub: a directory that tells of people, a pipeline, a script. They have tokens and no password." actions={programs.length > 0 && add}>
            {programs.length === 0 ? (
              <EmptyState icon={Bot} action={add}>
                No program has an account here. Press N.
              </EmptyState>
            ) : (
              <ul className="flex flex-col gap-3">
                {programs.map((user) => (
                  <Program key={user.id} user={user} onToken={() => setTokenFor(user)} />
                ))}
              </ul>
            )}
            {isAdding && <AccountDialog onClose={() => setAdding(false)} />}
            {tokenFor && <TokenDialog user={tokenFor} onClose={() => setTokenFor(null)} />}
          </Part>
        )
      }}
    </Loaded>
  )
}

function Program({ user, onToken }: { user: User; onToken(): void }) {
  const client = useQueryClient()
  const [isLeaving, setLeaving] = useState(false)
  const { data: tokens } = useQuery(ask('GET /api/tokens', { query: { user: user.id } }))
  const remove = useMutation({
    mutationFn: () => call('DELETE /api/users/{user_id}', { path: { user_id: user.id } }),
    onSuccess: () => toast(`${user.id} is removed`),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/users'] }),
  })
  const isActive = user.state === 'active'
  return (
    <li className="flex flex-col rounded-8 border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 p-3">
        <Bot size={20} aria-hidden className="text-fg-3" />
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-14">{user.name ?? user.id}</h2>
          <p className="text-12 text-fg-2">
            {user.id}, {user.seen_at ? <>seen <Time at={user.seen_at} /></> : 'never seen'}
          </p>
        </div>
        <Badge>{ROLES[user.role].label}</Badge>
        <Status bare icon={isActive ? CircleCheck : Ban} tone={isActive ? 'ok' : 'plain'}>
          {isActive ? 'Active' : 'Disabled'}
        </Status>
        <Button icon={KeyRound} aria-label={`New token of ${user.id}`} onPress={onToken}>
          New token
        </Button>
        <IconButton name={`Remove ${user.id}`} icon={Trash2} onPress={() => setLeaving(true)} />
      </div>
      {tokens && (
        <ul className="divide-y divide-line border-t border-line">
          {tokens.length === 0 && <li className="px-3 py-2 text-12 text-fg-2">It has no token: it cannot come in.</li>}
          {tokens.map((token) => (
            <Token key={token.id} token={token} />
          ))}
        </ul>
      )}
      <Confirm title={`Remove ${user.id}?`} isOpen={isLeaving} verb="Remove" onClose={() => setLeaving(false)} onConfirm={() => remove.mutate()}>
        Its tokens end at once. What it did stays in the audit.
      </Confirm>
    </li>
  )
}

function Token({ token }: { token: TokenTold }) {
  const client = useQueryClient()
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const revoke = useMutation({
    mutationFn: () => call('DELETE /api/tokens/{named}', { path: { named: token.id }, query: { user: token.user } }),
    onSuccess: () => toast(`The token ${token.name} opens nothing from now on`),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/tokens'] }),
  })
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1 pr-2 pl-3">
      <KeyRound size={14} aria-hidden className="text-fg-3" />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{token.name}</p>
        <p className="text-12 break-words text-fg-2">
          {token.scopes === null ? 'All that its account may' : token.scopes.join(', ')}
          {token.project_id !== null && ` in ${projects.find(({ id }) => id === token.project_id)?.key ?? `project ${token.project_id}`} alone`}; {token.used_at ? <>used <Time at={token.used_at} /></> : 'never used'}; ends <Time at={token.expires_at} />
        </p>
      </div>
      <Button kind="quiet" aria-label={`Revoke ${token.name}`} isDisabled={revoke.isPending} onPress={() => revoke.mutate()}>
        Revoke
      </Button>
    </li>
  )
}

function AccountDialog({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('developer')
  const add = useMutation({
    mutationFn: () => call('POST /api/users', { body: { id: id.trim(), name: name.trim() || null, role, service: true } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['GET /api/users'] })
      onClose()
    },
  })
  const fields = add.error instanceof ApiError ? add.error.fields : {}
  return (
    <FormDialog title="Add an account of a program" verb="Add" isReady={id.trim() !== ''} isPending={add.isPending} error={Object.keys(fields).length ? null : add.error} onSend={() => add.mutate()} onClose={onClose}>
      <TextField autoFocus label="User" value={id} onChange={setId} error={fields.id} autoComplete="off" hint="Such as directory or pipeline. It stays." />
      <TextField label="Name" value={name} onChange={setName} error={fields.name} />
      <Select<Role> label="Role" value={role} onChange={setRole} choices={ROLE_CHOICES} />
    </FormDialog>
  )
}
