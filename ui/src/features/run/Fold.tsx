/** A line that opens: its head is one button, its body is made only when it is open. */
import { ChevronRight, type LucideIcon } from 'lucide-react'
import { useId, useState, type ReactNode } from 'react'
import { Ansi } from '@/kit/Ansi'
import { join } from '@/kit/look'
import type { Tone } from '@/kit/Status'
import { useStop } from './stop'

const INKS: Record<Tone, string> = { plain: 'text-fg-3', ok: 'text-ok', warn: 'text-warn', bad: 'text-bad', info: 'text-info', run: 'text-run', accent: 'text-accent-text' }
const SHOWN_AT_FIRST = 20_000

export interface FoldProps {
  icon: LucideIcon
  tone: Tone
  title: ReactNode
  /** On the same line, cut where it ends. */
  beside?: string
  /** At the right end. */
  end?: ReactNode
  isOpen: boolean
  onOpen(next: boolean): void
  children: ReactNode
}

export function Fold({ icon: Icon, tone, title, beside, end, isOpen, onOpen, children }: FoldProps) {
  const id = useId()
  const stop = useStop()
  return (
    <div className={join('rounded-6 border', isOpen ? 'border-line bg-surface' : 'border-transparent')}>
      <button type="button" tabIndex={stop} aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => onOpen(!isOpen)} className="flex min-h-7 w-full min-w-0 items-center gap-2 rounded-6 px-2 text-left hover:bg-hover pointer-coarse:min-h-11">
        <Icon size={14} aria-hidden className={join('shrink-0', INKS[tone])} />
        <span className="max-w-[70%] shrink-0 truncate font-medium">{title}</span>
        <span className="min-w-0 flex-1 truncate text-12 text-fg-3">{beside?.slice(0, 300)}</span>
        {end}
        <ChevronRight size={14} aria-hidden className={join('shrink-0 text-fg-3 transition-transform', isOpen && 'rotate-90')} />
      </button>
      {isOpen && (
        <div id={id} className="flex min-w-0 flex-col gap-2 px-2 pt-1 pb-3 sm:pl-8">
          {children}
        </div>
      )}
    </div>
  )
}

/** A text of a terminal's kind; of a long one the beginning, and the rest when wanted. */
export function LongText({ text, label }: { text: string; label: string }) {
  const [isWhole, setWhole] = useState(false)
  const stop = useStop()
  if (!text) return null
  return (
    <div className="min-w-0">
      <div tabIndex={0} role="group" aria-label={label} className="max-h-96 overflow-auto rounded-6 border border-line bg-sunken px-3 py-2">
        <Ansi text={isWhole ? text : text.slice(0, SHOWN_AT_FIRST)} />
      </div>
      {!isWhole && text.length > SHOWN_AT_FIRST && (
        <button type="button" tabIndex={stop} className="mt-1 min-h-6 font-medium text-accent-text" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </button>
      )}
    </div>
  )
}
