/** A line with what can be done to it: see when it was, copy it, link to it. Drawn anew only when it has changed. Above: Timeline. */
import { Copy, Link2 } from 'lucide-react'
import { memo, useState } from 'react'
import { join } from '@/kit/look'
import { toast, toastError } from '@/kit/toast'
import { textOf, type Entry } from './entries'
import { Line } from './Line'
import { Stop } from './stop'

const time = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hour12: false })
const actLook = 'flex size-6 items-center justify-center rounded-4 text-fg-2 hover:bg-hover hover:text-fg'

export interface RowProps {
  entry: Entry
  isOpen: boolean
  isMarked: boolean
  /** Tab leads to it. */
  isStop: boolean
  onOpen(key: number, isOpen: boolean): void
  onLink(entry: Entry): void
}

export const Row = memo(function Row({ entry, isOpen, isMarked, isStop, onOpen, onLink }: RowProps) {
  // Made only for the line under the mouse or with the focus: while an agent works, lines come and go by the dozen.
  const [isOver, setOver] = useState(false)
  const isFlat = entry.kind === 'border' || entry.kind === 'note' || entry.kind === 'decided'
  return (
    <div className={join('relative rounded-8', isMarked && 'ring-2 ring-accent')} onPointerEnter={() => setOver(true)} onPointerLeave={() => setOver(false)}>
      <Stop value={isStop}>
        <Line entry={entry} isOpen={isOpen} onOpen={onOpen} />
      </Stop>
      {(isOver || isStop) && (
        <div className={join('absolute right-24 flex items-center gap-1 rounded-6 bg-surface opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:hidden', isFlat ? 'top-0' : 'top-0.5')}>
          <time dateTime={entry.at} className="px-1 text-12 text-fg-2 tabular-nums">
            {time.format(new Date(entry.at))}
          </time>
          <button type="button" data-first tabIndex={isStop ? 0 : -1} title="Copy text" aria-label="Copy text" className={actLook} onClick={() => copy(textOf(entry), 'Copied')}>
            <Copy size={14} aria-hidden />
          </button>
          <button type="button" tabIndex={isStop ? 0 : -1} title="Copy link" aria-label="Copy link" className={actLook} onClick={() => onLink(entry)}>
            <Link2 size={14} aria-hidden />
          </button>
        </div>
      )}
    </div>
  )
})

export function copy(text: string, told: string): void {
  navigator.clipboard.writeText(text).then(() => toast(told), toastError)
}
