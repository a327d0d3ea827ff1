// The roles that people have, in words. Pure.

import type { Role } from '@/api/schema'

export const ROLES: Record<Role, { label: string; hint: string }> = {
  admin: { label: 'Administrator', hint: 'Everything, also people and the hub itself' },
  developer: { label: 'Developer', hint: 'Gives tasks to agents and changes projects' },
  viewer: { label: 'Viewer', hint: 'Looks and changes nothing' },
  guest: { label: 'Guest', hint: 'Sees only projects of which it is a member' },
}

export const ROLE_CHOICES = (Object.keys(ROLES) as Role[]).map((value) => ({ value, ...ROLES[value] }))
