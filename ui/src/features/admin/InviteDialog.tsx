/** A link to hand over, with which somebody makes an account: shown this once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { Role } from '@/api/schema'
import { IconButton } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { Select, TextField } from '@/kit/Field'
import { ROLE_CHOICES } from '@/nouns/roles'
import { FormDialog, Once } from './FormDialog'

export function InviteDialog({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const [role, setRole] = useState<Role>('developer')
  const [email, setEmail] = useState('')
  const [places, setPlaces] = useState<Readonly<Record<number, Role>>>({})
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const left = projects.filter(({ id }) => !(id in places))
  const invite = useMutation({
    mutationFn: () => call('POST /api/invitations', { body: { role, email: email.trim() || null, projects: Object.entries(places).map(([id, there]) => ({ project_id: Number(id), role: there })) } }),
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
      <Select<Role> label="Role everywhere" value={role} onChange={setRole} choices={ROLE_CHOICES} />
      <TextField autoFocus label="E-mail" type="email" value={email} onChange={setEmail} error={fields.email} hint="Becomes the person's address. May stay empty; nothing is sent." />
      {Object.entries(places).map(([id, there]) => {
        const key = projects.find((one) => one.id === Number(id))?.key ?? id
        return (
          <div key={id} className="flex items-end gap-2">
            <Select<Role> className="flex-1" label={`Role in ${key}`} value={there} onChange={(next) => setPlaces({ ...places, [id]: next })} choices={ROLE_CHOICES} />
            <IconButton name={`Not in ${key}`} icon={X} onPress={() => setPlaces(Object.fromEntries(Object.entries(places).filter(([other]) => other !== id)))} />
          </div>
        )
      })}
      {left.length > 0 && <Select label="Member of" placeholder="Add a project" value={null} onChange={(id) => setPlaces({ ...places, [id]: 'developer' })} choices={left.map(({ id, key, name }) => ({ value: String(id), label: key, hint: name }))} />}
    </FormDialog>
  )
}
