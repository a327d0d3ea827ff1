/** A provider of identities: where it is, as what this hub is known there, and whom it lets in. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, call } from '@/api/client'
import type { ProviderTold, Role } from '@/api/schema'
import { Select, Switch, TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'
import { ROLE_CHOICES } from '@/nouns/roles'
import { FormDialog } from './FormDialog'

type Kind = ProviderTold['kind']
const KINDS = [
  { value: 'oidc' as const, label: 'OpenID Connect', hint: 'Entra ID, Okta, Google, Keycloak, Authentik, …' },
  { value: 'github' as const, label: 'GitHub', hint: 'github.com, or one of your own' },
]
const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

export function ProviderDialog({ provider, onClose }: { provider: ProviderTold | null; onClose(): void }) {
  const client = useQueryClient()
  const before = provider?.settings
  const [name, setName] = useState(provider?.name ?? '')
  const [kind, setKind] = useState<Kind>(provider?.kind ?? 'oidc')
  const [issuer, setIssuer] = useState(provider?.issuer ?? '')
  const [id, setId] = useState(provider?.client_id ?? '')
  const [secret, setSecret] = useState('')
  const [label, setLabel] = useState(before?.label ?? '')
  const [signUp, setSignUp] = useState(before?.sign_up ?? false)
  const [role, setRole] = useState<Role>(before?.role ?? 'guest')
  const [email, setEmail] = useState(before?.trusts_email ?? false)
  const [groups, setGroups] = useState(before?.groups ?? '')
  const [organisations, setOrganisations] = useState((before?.organisations ?? []).join(' '))
  const [isPrivate, setPrivate] = useState(before?.private_network ?? false)
  const isOidc = kind === 'oidc'
  const save = useMutation({
    mutationFn: () =>
      call('PUT /api/providers/{name}', {
        path: { name: name.trim() },
        body: {
          kind,
          issuer: issuer.trim() || null,
          client_id: id.trim(),
          secret: secret || null,
          settings: { ...before, label: label.trim() || null, sign_up: signUp, role, trusts_email: email, groups: groups.trim() || null, organisations: isOidc ? [] : words(organisations), private_network: isPrivate },
        },
      }),
    onSuccess: (saved) => {
      toast(`People can sign in at ${saved.settings.label ?? saved.name}`)
      void client.invalidateQueries({ queryKey: ['GET /api/providers'] })
      onClose()
    },
  })
  const fields = save.error instanceof ApiError ? save.error.fields : {}
  return (
    <FormDialog
      wide
      title={provider ? `Change ${provider.name}` : 'Add a provider'}
      verb={provider ? 'Save' : 'Add'}
      isReady={name.trim() !== '' && id.trim() !== '' && (!isOidc || issuer.trim() !== '')}
      isPending={save.isPending}
      error={Object.keys(fields).length ? null : save.error}
      onSend={() => save.mutate()}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField autoFocus={!provider} label="Name" value={name} onChange={setName} isDisabled={provider !== null} error={fields.name} hint="Stands in addresses, such as company. It stays." />
        <Select<Kind> label="Kind" value={kind} onChange={setKind} choices={KINDS} />
        <TextField className="sm:col-span-2" label={isOidc ? 'Issuer' : 'Address'} value={issuer} onChange={setIssuer} error={fields.issuer} placeholder={isOidc ? 'https://login.example.org' : 'https://github.com'} />
        <TextField label="Client id" value={id} onChange={setId} error={fields.client_id} autoComplete="off" />
        <TextField label="Client secret" type="password" autoComplete="off" value={secret} onChange={setSecret} error={fields.secret} hint={provider?.has_secret ? 'Left empty, it stays.' : undefined} />
        <TextField label="Called on the page" value={label} onChange={setLabel} error={fields['settings.label']} placeholder={name || 'The company'} />
        {isOidc ? (
          <TextField label="Claim that names groups" value={groups} onChange={setGroups} error={fields['settings.groups']} placeholder="groups" hint="Empty: groups are not taken." />
        ) : (
          <TextField label="Organisations" value={organisations} onChange={setOrganisations} error={fields['settings.organisations']} hint="Only their members may sign in. Empty: all may." />
        )}
      </div>
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 text-12 font-medium text-fg-2">Whom it lets in</legend>
        <Switch isSelected={signUp} onChange={setSignUp}>
          Who is unknown becomes a user
        </Switch>
        {signUp && <Select<Role> label="With the role" className="max-w-80 pl-12" value={role} onChange={setRole} choices={ROLE_CHOICES} />}
        <Switch isSelected={email} onChange={setEmail}>
          Trust its verified e-mail addresses to say who somebody is here
        </Switch>
        {!isOidc && (
          <Switch isSelected={groups !== ''} onChange={(isOn) => setGroups(isOn ? 'organisations' : '')}>
            Take the organisations as groups
          </Switch>
        )}
        <Switch isSelected={isPrivate} onChange={setPrivate}>
          It stands in a private network
        </Switch>
      </fieldset>
    </FormDialog>
  )
}
