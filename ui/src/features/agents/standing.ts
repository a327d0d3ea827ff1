// How an agent stands, and what its own words say is to be done. Pure.

import { CircleCheck, CircleOff, Lock, LogIn, ServerOff, type LucideIcon } from 'lucide-react'
import type { AgentInfo } from '@/api/schema'
import type { Tone } from '@/kit/Status'

export interface Standing {
  id: 'available' | 'refused' | 'signed-out' | 'offline' | 'missing'
  label: string
  icon: LucideIcon
  tone: Tone
}

const STANDINGS: Record<Standing['id'], Standing> = {
  available: { id: 'available', label: 'Available', icon: CircleCheck, tone: 'ok' },
  refused: { id: 'refused', label: 'Not for you', icon: Lock, tone: 'warn' },
  'signed-out': { id: 'signed-out', label: 'Signed out', icon: LogIn, tone: 'warn' },
  offline: { id: 'offline', label: 'Node offline', icon: ServerOff, tone: 'warn' },
  missing: { id: 'missing', label: 'Missing', icon: CircleOff, tone: 'plain' },
}
export const ORDER: ReadonlyArray<Standing['id']> = ['available', 'refused', 'signed-out', 'offline', 'missing']

export function standingOf({ available, metadata }: Pick<AgentInfo, 'available' | 'metadata'>): Standing {
  if (metadata?.refused) return STANDINGS.refused
  if (available) return STANDINGS.available
  if (metadata?.signed_in === false || /sign in/i.test(metadata?.why ?? '')) return STANDINGS['signed-out']
  const health = metadata?.health ?? []
  return health.length > 0 && health.every(({ online }) => !online) ? STANDINGS.offline : STANDINGS.missing
}

const QUOTED = /`([^`]+)`/g
const INSTALLING = /(?:[(:]\s*)((?:pip|pipx|uv|npm|npx|brew|curl|apt-get|cargo)\s[^)]*?)(?=\)|\.?$|\.\s)/g

/** The commands that stand in a sentence: `quoted`, or "(pip install …)". */
export function commandsIn(why: string): string[] {
  const found = [...why.matchAll(QUOTED), ...why.matchAll(INSTALLING)].map((match) => match[1]!.trim())
  return [...new Set(found)]
}
