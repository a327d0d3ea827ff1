/** Ways to those whom the hub believes about who somebody is. */
import { useMutation } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { call } from '@/api/client'
import type { ProviderOffered } from '@/api/schema'
import { Button } from '@/kit/Button'
import { buttonLook } from '@/kit/look'
import { toastError } from '@/kit/toast'

export interface ProvidersProps {
  all: readonly ProviderOffered[]
  /** Where to come back to on this hub. Without it the provider is opened beside this page. */
  returnTo?: string | undefined
  verb?: string
}

export function Providers({ all, returnTo, verb = 'Continue with' }: ProvidersProps) {
  return all.map(({ name, label }) => {
    const query = new URLSearchParams({ return_to: returnTo ?? '/signed-in' })
    const beside = returnTo === undefined ? { target: '_blank', rel: 'noreferrer' } : {}
    return (
      <a key={name} href={`/api/auth/providers/${encodeURIComponent(name)}/start?${query}`} className={buttonLook()} {...beside}>
        {verb} {label}
        {returnTo === undefined && <ExternalLink size={14} aria-label="opens beside this page" className="text-fg-3" />}
      </a>
    )
  })
}

export interface ByProviderProps {
  provider: ProviderOffered
  returnTo: string
  /** What the account there is for: to become a user by an invitation, or as one more way in for who has signed in. */
  purpose: { invitation: string } | { link: true }
  verb: string
}

export function ByProvider({ provider: { name, label }, returnTo, purpose, verb }: ByProviderProps) {
  const go = useMutation({
    mutationFn: () => call('POST /api/auth/providers/{name}/start', { path: { name }, body: { return_to: returnTo, ...purpose } }),
    onSuccess: (way) => location.assign(way.location),
    onError: toastError,
  })
  return (
    <Button isDisabled={go.isPending || go.isSuccess} onPress={() => go.mutate()}>
      {verb} {label}
    </Button>
  )
}
