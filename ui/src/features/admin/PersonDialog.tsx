/** Somebody new, or a person whose name, address or password changes. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, call } from '@/api/client'
import type { Role, User } from '@/api/schema'
import { Select, TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'
import { ROLE_CHOICES } from '@/nouns/roles'
import { FormDialog } from './FormDialog'

export function PersonDialog({ user, onClose }: { user: User | null; onClose(): void }) {
  const client = useQueryClient()
  const [id, setId] = useState(user?.id ?? '')
  const [name, setName] = useState(user?.name ?? '')
  const [email, setEmail] = useState(user?.email ?? '')
  const [role, setRole] = useState<Role>(user?.role ?? 'developer')
  const [password, setPassword] = useState('')
  const save = useMutation({
    mutationFn: () => {
      const said = { name: name.trim() || null, email: email.trim() || null, role, ...(password ? { password } : {}) }
      return user ? call('PATCH /api/users/{user_id}', { path: { user_id: user.id }, body: said }) : call('POST /api/users', { body: { id: id.trim(), ...said } })
    },
    onSuccess: (saved) => {
      toast(user ? `${saved.id} saved` : `${saved.id} can sign in`)
      void client.invalidateQueries({ queryKey: ['GET /api/users'] })
      onClose()
    },
  })
  const fields = save.error instanceof ApiError ? save.error.fields : {}
  return (
    <FormDialog
      title={user ? `Change ${user.id}` : 'Add a person'}
      verb={user ? 'Save' : 'Add'}
      isReady={id.trim() !== ''}
      isPending={save.isPending}
      error={Object.keys(fields).length ? null : save.error}
      onSend={() => save.mutate()}
      onClose={onClose}
    >
      {!user && <TextField autoFocus label="User" value={id} onChange={setId} error={fields.id} autoComplete="off" hint="The name to sign in with. It stays." />}
      <TextField autoFocus={user !== null} label="Name" value={name} onChange={setName} error={fields.name} />
      <TextField label="E-mail" type="email" value={email} onChange={setEmail} error={fields.email} />
      <Select<Role> label="Role" value={role} onChange={setRole} choices={ROLE_CHOICES} />
      <TextField
        label={user?.has_password ? 'New password' : 'Password'}
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
        error={fields.password}
        hint={user ? 'Left empty, it stays. A new one ends all sessions of this person.' : 'May stay empty: an invitation lets people choose their own.'}
      />
    </FormDialog>
  )
}
