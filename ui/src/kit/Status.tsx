/** A state at a glance: always an icon and a word, never colour alone. */
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { join } from './look'

export type Tone = 'plain' | 'ok' | 'warn' | 'bad' | 'info' | 'run' | 'accent'

const SOFT: Record<Tone, string> = {
  plain: 'bg-sunken text-fg-2',
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  run: 'bg-run-soft text-run',
  accent: 'bg-accent-soft text-accent-text',
}
/** As text, without a ground behind it. */
export const TONE: Record<Tone, string> = {
  plain: 'text-fg-2',
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  run: 'text-run',
  accent: 'text-accent-text',
}

export interface StatusProps {
  icon: LucideIcon
  tone: Tone
  /** Without a ground behind it, for rows and cards. */
  bare?: boolean
  /** For people: why it is so. */
  title?: string | undefined
  children: string
}

export function Status({ icon: Icon, tone, bare = false, title, children }: StatusProps) {
  return (
    <span title={title} className={join('inline-flex h-5 items-center gap-1 text-12 font-medium whitespace-nowrap', bare ? TONE[tone] : join('rounded-4 px-1.5', SOFT[tone]))}>
      <Icon size={14} aria-hidden className="shrink-0" />
      {children}
    </span>
  )
}

/** A word or number that is no state: a label, a count. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={join('inline-flex h-5 min-w-5 items-center justify-center rounded-4 px-1.5 text-12 font-medium whitespace-nowrap tabular-nums', SOFT[tone])}>{children}</span>
}
