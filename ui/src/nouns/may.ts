/** What the hub lets whoever looks do: asked once. Until it is known everything is offered; what is too much the hub refuses itself. */
import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/client'
import type { Permission } from '@/api/schema'

export function useMay(permission: Permission): boolean {
  const { data } = useQuery(ask('GET /api/me'))
  return data?.permissions.includes(permission) ?? true
}
