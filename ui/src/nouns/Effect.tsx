/** What a rule says of an act: allow, deny, ask. */
import { CircleCheck, CircleHelp, CircleSlash, type LucideIcon } from 'lucide-react'
import type { Rule } from '@/api/schema'
import { Status, type Tone } from '@/kit/Status'

export const EFFECT: Record<Rule['effect'], { icon: LucideIcon; tone: Tone; label: string }> = {
  allow: { icon: CircleCheck, tone: 'ok', label: 'Allow' },
  deny: { icon: CircleSlash, tone: 'bad', label: 'Deny' },
  ask: { icon: CircleHelp, tone: 'warn', label: 'Ask' },
}

export function Effect({ effect, bare }: { effect: Rule['effect']; bare?: boolean }) {
  const { icon, tone, label } = EFFECT[effect]
  return (
    <Status icon={icon} tone={tone} bare={bare}>
      {label}
    </Status>
  )
}
