/** One's accounts at those whom the hub believes, with which one signs in here too. Nothing where it believes nobody. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Unlink, UserRoundCheck } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { OwnIdentity } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { buttonLook } from '@/kit/look'
import { Loaded } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { ByProvider } from '@/nouns/Providers'
import { Section } from './Section'

const LIST = 'GET /api/auth/identities'

export function Identities() {
  const client = useQueryClient()
  const { data: methods } = useQuery(ask('GET /api/auth/methods'))
  const [doomed, setDoomed] = useState<OwnIdentity | null>(null)
  const providers = methods?.providers ?? []
  const labelOf = (name: string) => providers.find((one) => one.name === name)?.label ?? name
  const remove = useMutation({
    mutationFn: (identity: OwnIdentity) => call('DELETE /api/auth/identities/{provider}', { path: { provider: identity.provider } }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [LIST] })
      toast('Unlinked')
    },
    onError: toastError,
  })
  if (providers.length === 0) return null
  return (
    <Section title="Accounts elsewhere" about="With which you sign in here too.">
      <Loaded query={{ ...ask(LIST), staleTime: 0 }} what="Your accounts elsewhere">
        {(identities) => {
          const free = providers.filter(({ name }) => identities.every(({ provider }) => provider !== name))
          return (
            <>
              {identities.length > 0 && (
                <ul className="divide-y divide-line">
                  {identities.map((identity) => (
                    <li key={identity.provider} className="flex items-center gap-3 px-4 py-2">
                      <UserRoundCheck size={16} aria-hidden className="shrink-0 text-fg-3" />
                      <div className="min-w-0 flex-1">
                        <p className="truncate font-medium">
                          {labelOf(identity.provider)}
                          {identity.name && <span className="font-normal"> as {identity.name}</span>}
                        </p>
                        <p className="text-12 text-fg-2">
                          Linked <Time at={identity.made_at} />, {identity.used_at ? <>used <Time at={identity.used_at} /></> : 'not used yet'}
                        </p>
                      </div>
                      {providers.find((one) => one.name === identity.provider)?.kind === 'oidc' && (
                        <a href={`/api/auth/providers/${encodeURIComponent(identity.provider)}/sign-out`} className={buttonLook('quiet')} aria-label={`Sign out at ${labelOf(identity.provider)}`}>
                          Sign out there
                        </a>
                      )}
                      <Button kind="quiet" icon={Unlink} onPress={() => setDoomed(identity)} aria-label={`Unlink ${labelOf(identity.provider)}`}>
                        Unlink
                      </Button>
                    </li>
                  ))}
                </ul>
              )}
              {free.length > 0 && (
                <div className="flex flex-wrap gap-2 px-4 py-3">
                  {free.map((provider) => (
                    <ByProvider key={provider.name} provider={provider} returnTo="/settings?tab=sign-in" purpose={{ link: true }} verb="Link" />
                  ))}
                </div>
              )}
            </>
          )
        }}
      </Loaded>
      <Confirm title={`Unlink ${doomed ? labelOf(doomed.provider) : ''}?`} verb="Unlink" isOpen={doomed !== null} onClose={() => setDoomed(null)} onConfirm={() => doomed && remove.mutate(doomed)}>
        You no longer sign in there. Another way in has to be left: a password, a passkey, or another account.
      </Confirm>
    </Section>
  )
}
