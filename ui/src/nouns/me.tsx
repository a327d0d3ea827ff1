/** Who looks, and what the hub lets them do: asked once. Until it is known everything is offered; what is too much the hub refuses itself. */
import { useQuery } from '@tanstack/react-query'
import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { ask } from '@/api/client'
import type { Permission } from '@/api/schema'
import { join } from '@/kit/look'

export function useMay(permission: Permission): boolean {
  const { data } = useQuery(ask('GET /api/me'))
  return data?.permissions.includes(permission) ?? true
}

/** Stands where something could be done with another role: what, and who can grant it. */
export function MayNot({ children, className }: { children: ReactNode; className?: string }) {
  const { data } = useQuery(ask('GET /api/me'))
  return (
    <p role="note" className={join('flex items-center gap-2 text-12 text-fg-2', className)}>
      <Lock size={14} aria-hidden className="shrink-0 text-fg-3" />
      <span>
        {children} {data && `You are here as ${data.role}; an`}
        {data ? ' administrator' : 'An administrator'} of this hub can grant more.
      </span>
    </p>
  )
}
