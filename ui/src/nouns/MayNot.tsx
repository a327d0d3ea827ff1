/** Stands where something could be done with another role: what, and who can grant it. */
import { useQuery } from '@tanstack/react-query'
import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { ask } from '@/api/client'
import { join } from '@/kit/look'

export function MayNot({ children, className }: { children: ReactNode; className?: string }) {
  const { data } = useQuery(ask('GET /api/me'))
  return (
    <p role="note" className={join('flex items-center gap-2 text-12 text-fg-2', className)}>
      <Lock size={14} aria-hidden className="shrink-0 text-fg-3" />
      <span>
        {children} {data ? `You are here as ${data.role}; an` : 'An'} administrator of this hub can grant more.
      </span>
    </p>
  )
}
