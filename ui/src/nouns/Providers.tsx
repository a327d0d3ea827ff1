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
  /** Where to come back to on this hub. Without it the provider is opened beside this page. */
  returnTo?: string | undefined
  /** What it is for: to become a user by an invitation; one more way in for who has signed in; to show again who one is. */
  purpose: { invitation: string } | { link: true } | { step_up: true }
  verb: string
}

export function ByProvider({ provider: { name, label }, returnTo, purpose, verb }: ByProviderProps) {
  const go = useMutation({
    async mutationFn() {
      // Opened at once, while the browser knows that somebody pressed; it leads nowhere until the hub has said where.
      const beside = returnTo === undefined ? open('', '_blank') : null
      if (beside) beside.opener = null
      try {
        const way = await call('POST /api/auth/providers/{name}/start', { path: { name }, body: { return_to: returnTo ?? '/signed-in', ...purpose } })
        ;(beside?.location ?? location).assign(way.location)
      } catch (error) {
        beside?.close()
        throw error
      }
    },
    onError: toastError,
  })
  return (
    <Button isDisabled={go.isPending} onPress={() => go.mutate()}>
      {verb} {label}
      {returnTo === undefined && <ExternalLink size={14} aria-label="opens beside this page" className="text-fg-3" />}
    </Button>
  )
}
