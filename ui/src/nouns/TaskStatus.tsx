/** Where a task stands on the board, and how much it matters. */
import { ChevronUp, ChevronsUp, CircleCheck, CircleDashed, CircleDot, Eye, Minus, OctagonAlert, OctagonX, type LucideIcon } from 'lucide-react'
import type { Priority, TaskStatus as Value } from '@/api/schema'
import { Status, type Tone } from '@/kit/Status'

export const TASK_STATUS: Record<Value, { icon: LucideIcon; tone: Tone; label: string }> = {
  todo: { icon: CircleDashed, tone: 'plain', label: 'To do' },
  in_progress: { icon: CircleDot, tone: 'run', label: 'In progress' },
  in_review: { icon: Eye, tone: 'info', label: 'In review' },
  done: { icon: CircleCheck, tone: 'ok', label: 'Done' },
  blocked: { icon: OctagonX, tone: 'bad', label: 'Blocked' },
}

export const PRIORITY: Record<Priority, { icon: LucideIcon; tone: Tone; label: string }> = {
  low: { icon: Minus, tone: 'plain', label: 'Low' },
  medium: { icon: ChevronUp, tone: 'plain', label: 'Medium' },
  high: { icon: ChevronsUp, tone: 'warn', label: 'High' },
  critical: { icon: OctagonAlert, tone: 'bad', label: 'Critical' },
}

export function TaskStatus({ status, bare }: { status: Value; bare?: boolean }) {
  const { icon, tone, label } = TASK_STATUS[status]
  return (
    <Status icon={icon} tone={tone} bare={bare}>
      {label}
    </Status>
  )
}

export function TaskPriority({ priority, bare = true }: { priority: Priority; bare?: boolean }) {
  const { icon, tone, label } = PRIORITY[priority]
  return (
    <Status icon={icon} tone={tone} bare={bare}>
      {label}
    </Status>
  )
}
