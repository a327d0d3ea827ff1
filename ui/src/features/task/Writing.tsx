/** Markdown being written, with a look at how it will read. Ctrl Enter keeps it, Escape leaves it. */
import { useId, useState } from 'react'
import { Button } from '@/kit/Button'
import { inputLook, join } from '@/kit/look'
import { Markdown } from '@/kit/Markdown'

export interface WritingProps {
  label: string
  text: string
  verb: string
  placeholder?: string
  rows?: number
  isBusy?: boolean
  autoFocus?: boolean
  atMost?: number
  onChange(text: string): void
  onKeep(): void
  /** None: nothing to leave, as with a new comment. */
  onLeave?(): void
}

export function Writing({ label, text, verb, placeholder, rows = 3, isBusy = false, autoFocus = false, atMost, onChange, onKeep, onLeave }: WritingProps) {
  const [isRead, setRead] = useState(false)
  const hint = useId()
  return (
    <div className="flex flex-col gap-2">
      {isRead ? (
        <div className="min-h-20 rounded-6 border border-line px-3 py-2">{text.trim() ? <Markdown text={text} /> : <p className="text-fg-3">Nothing is written yet.</p>}</div>
      ) : (
        <textarea
          aria-label={label}
          aria-describedby={hint}
          rows={rows}
          value={text}
          maxLength={atMost}
          placeholder={placeholder}
          autoFocus={autoFocus}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault()
              onKeep()
            }
            if (event.key === 'Escape' && onLeave) {
              event.stopPropagation()
              onLeave()
            }
          }}
          className={join(inputLook, 'field-sizing-content max-h-120 min-h-20 resize-y py-2')}
        />
      )}
      <div className="flex items-center gap-2">
        <button type="button" aria-pressed={isRead} className="h-7 rounded-6 px-2 text-12 font-medium text-fg-2 hover:bg-hover pointer-coarse:h-11" onClick={() => setRead(!isRead)}>
          {isRead ? 'Write' : 'Preview'}
        </button>
        <span id={hint} className="text-12 text-fg-3 max-sm:hidden">
          Markdown. Ctrl Enter: {verb.toLowerCase()}.
        </span>
        <span className="ml-auto flex gap-2">
          {onLeave && <Button onPress={onLeave}>Cancel</Button>}
          <Button kind="primary" isDisabled={isBusy || (!onLeave && !text.trim())} onPress={onKeep}>
            {verb}
          </Button>
        </span>
      </div>
    </div>
  )
}
