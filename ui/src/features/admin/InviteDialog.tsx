/** A link to hand over, with which somebody makes an account: shown this once. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, call } from '@/api/client'
import type { Role } from '@/api/schema'
import { CommandLine } from '@/kit/Copy'
import { Select, TextField } from '@/kit/Field'
import { ROLE_CHOICES } from '@/nouns/roles'
import { FormDialog, Once } from './FormDialog'

export function InviteDialog({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const [role, setRole] = useState<Role>('developer')
  const [email, setEmail] = useState('')
  const invite = useMutation({
    mutationFn: () => call('POST /api/invitations', { body: { role, email: email.trim() || null } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['GET /api/invitations'] }),
  })
  if (invite.data)
    return (
      <Once title="The invitation" about="Hand this link to the person. It is good once, for 7 days, and is not shown again." onClose={onClose}>
        <CommandLine name="Copy the link">{invite.data.link}</CommandLine>
      </Once>
    )
  const fields = invite.error instanceof ApiError ? invite.error.fields : {}
  return (
    <FormDialog title="Invite somebody" verb="Make the link" isReady isPending={invite.isPending} error={Object.keys(fields).length ? null : invite.error} onSend={() => invite.mutate()} onClose={onClose}>
      <Select<Role> label="Role" value={role} onChange={setRole} choices={ROLE_CHOICES} />
      <TextField autoFocus label="E-mail" type="email" value={email} onChange={setEmail} error={fields.email} hint="Becomes the person's address. May stay empty; nothing is sent." />
    </FormDialog>
  )
}
