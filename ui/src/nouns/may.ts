/** What the hub lets whoever looks do, in a project if one is named: asked once. Until it is known everything is offered; what is too much the hub refuses itself. */
import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/client'
import type { Permission } from '@/api/schema'

export function useMay(permission: Permission, project?: number | null): boolean {
  const { data } = useQuery(ask('GET /api/me'))
  return (data?.projects?.[String(project)] ?? data?.permissions)?.includes(permission) ?? true
}

/** In the installation, or in any project. */
export function useMayAnywhere(permission: Permission): boolean {
  const { data } = useQuery(ask('GET /api/me'))
  return !data || [data.permissions, ...Object.values(data.projects ?? {})].some((granted) => granted.includes(permission))
}
