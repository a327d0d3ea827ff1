/** Where an invitation's link leads: whoever has it becomes a user, by a password of their own or by somebody whom the hub believes. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { TicketX, UserPlus } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { InvitationShown } from '@/api/schema'
import { Button } from '@/kit/Button'
import { TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { buttonLook } from '@/kit/look'
import { EmptyState, Loaded } from '@/kit/states'
import { Frame } from '@/nouns/Frame'
import { NewPassword, weaknessOf } from '@/nouns/NewPassword'
import { ByProvider } from '@/nouns/Providers'
import { ROLES } from '@/nouns/roles'

export function InvitationPage({ code }: { code: string }) {
  const query = { ...ask('POST /api/auth/invitation', { body: { code } }), queryKey: ['POST /api/auth/invitation', { code }] as const }
  const { error } = useQuery(query)
  const isGone = !code || (error instanceof ApiError && (error.status === 404 || error.status === 422))
  return (
    <Frame title="You are invited" about={<>to the hub at {location.host}</>}>
      {isGone ? (
        <EmptyState
          icon={TicketX}
          action={
            <a href="/" className={buttonLook()}>
              To the hub
            </a>
          }
        >
          {code ? 'This invitation is unknown, used or older than a week. Ask for a new one.' : 'The link is not whole: the part behind the # is missing.'}
        </EmptyState>
      ) : (
        <Loaded query={query} what="The invitation">
          {(invitation) => <Accepting code={code} invitation={invitation} />}
        </Loaded>
      )}
    </Frame>
  )
}

function Accepting({ code, invitation: { role, email, made_by, projects, expires_at } }: { code: string; invitation: InvitationShown }) {
  const { data: methods } = useQuery(ask('GET /api/auth/methods'))
  const [user, setUser] = useState(email?.split('@')[0]?.toLowerCase().replace(/[^a-z0-9._-]/g, '') ?? '')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const accept = useMutation({
    mutationFn: () => call('POST /api/auth/accept', { body: { code, user: user.trim(), name: name.trim() || null, password } }),
    // All that this tab knows was nobody's: the page begins anew.
    onSuccess: () => location.replace('/'),
  })
  const wrong = accept.error instanceof ApiError ? accept.error.fields : {}
  const names = [user, name]
  const canSend = user.trim() !== '' && password !== '' && !weaknessOf(password, names) && !accept.isPending && !accept.isSuccess
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (canSend) accept.mutate()
  }
  return (
    <div className="flex flex-col gap-4">
      <p className="rounded-8 border border-line bg-surface px-3 py-2 text-fg-2">
        <b className="font-medium text-fg">{made_by}</b> invites {email ?? 'you'} as <b className="font-medium text-fg">{ROLES[role].label.toLowerCase()}</b>
        {projects.length > 0 && <>, and to {projects.map(({ key, name }) => `${name} (${key})`).join(', ')}</>}. It is good once, and ends <Time at={expires_at} />.
      </p>
      {methods?.signed_in && <p className="text-12 text-fg-2">You are signed in on this hub already. Whoever accepts becomes one more user, and is signed in instead.</p>}
      <form className="flex flex-col gap-3" onSubmit={send}>
        <TextField label="User name" name="username" autoComplete="username" autoCorrect="off" spellCheck="false" autoFocus value={user} onChange={setUser} error={wrong.user} hint="With which you sign in: small letters and digits, no spaces." maxLength={64} />
        <TextField label="Your name" name="name" autoComplete="name" value={name} onChange={setName} error={wrong.name} hint="As others see it. May be left out." maxLength={200} />
        <NewPassword value={password} onChange={setPassword} names={names} error={wrong.password} />
        {accept.error && Object.keys(wrong).length === 0 && (
          <p role="alert" className="rounded-8 bg-bad-soft px-3 py-2 break-words text-bad">
            {accept.error.message}
          </p>
        )}
        <Button type="submit" kind="primary" icon={UserPlus} isDisabled={!canSend} className="mt-1">
          {accept.isPending ? 'One moment…' : 'Accept and sign in'}
        </Button>
      </form>
      {methods && methods.providers.length > 0 && (
        <>
          <p className="flex items-center gap-3 text-12 text-fg-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">or without a password</p>
          <div className="flex flex-col gap-2">
            {methods.providers.map((provider) => (
              <ByProvider key={provider.name} provider={provider} returnTo="/" purpose={{ invitation: code }} verb="Accept with" />
            ))}
          </div>
        </>
      )}
    </div>
  )
}
