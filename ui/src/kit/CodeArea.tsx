/** Text in lines with their numbers, to edit: a plain textarea, so that every browser's own keys and readers work in it. */
import { useRef } from 'react'
import { join } from './look'

export interface CodeAreaProps {
  label: string
  text: string
  onChange(text: string): void
  /** From 1 on: the line in which something is wrong. */
  wrongLine?: number | null
  /** Ids of the elements that say more, such as what is wrong. */
  describedBy?: string | undefined
  placeholder?: string
  isReadOnly?: boolean
  className?: string
}

export function CodeArea({ label, text, onChange, wrongLine = null, describedBy, placeholder, isReadOnly = false, className = 'flex-1' }: CodeAreaProps) {
  const numbers = useRef<HTMLDivElement>(null)
  const count = text.split('\n').length
  return (
    <div className={join('flex min-h-64 overflow-hidden rounded-8 border border-line-strong bg-surface focus-within:outline-2 focus-within:outline-accent', className)}>
      <div ref={numbers} aria-hidden className="w-11 shrink-0 overflow-hidden border-r border-line bg-sunken py-2 text-right font-mono text-12 leading-5 text-fg-3 select-none">
        {Array.from({ length: count }, (_, line) => (
          <div key={line} className={join('pr-2', wrongLine === line + 1 && 'bg-bad-soft font-semibold text-bad')}>
            {line + 1}
          </div>
        ))}
      </div>
      <textarea
        aria-label={label}
        aria-invalid={wrongLine !== null}
        aria-describedby={describedBy}
        spellCheck={false}
        autoCapitalize="off"
        readOnly={isReadOnly}
        value={text}
        placeholder={placeholder}
        wrap="off"
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => numbers.current && (numbers.current.scrollTop = event.currentTarget.scrollTop)}
        className="min-w-0 flex-1 resize-none bg-transparent px-3 py-2 font-mono text-12 leading-5 [font-variant-ligatures:none] outline-none placeholder:text-fg-3"
      />
    </div>
  )
}
