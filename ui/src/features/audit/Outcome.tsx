/** How what was done ended: an icon and a word. */
import { CircleAlert, CircleCheck, CircleSlash, type LucideIcon } from 'lucide-react'
import { Status as Shown, type Tone } from '@/kit/Status'
import type { Status } from './search'

export const OUTCOME: Record<Status, { icon: LucideIcon; tone: Tone; label: string; fill: string }> = {
  success: { icon: CircleCheck, tone: 'ok', label: 'Done', fill: 'fill-(--accent)' },
  denied: { icon: CircleSlash, tone: 'bad', label: 'Refused', fill: 'fill-(--bad)' },
  failure: { icon: CircleAlert, tone: 'warn', label: 'Failed', fill: 'fill-(--warn)' },
}

export function Outcome({ status, bare = true }: { status: Status; bare?: boolean }) {
  const { icon, tone, label } = OUTCOME[status]
  return (
    <Shown bare={bare} icon={icon} tone={tone}>
      {label}
    </Shown>
  )
}
