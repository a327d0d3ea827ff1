/** The layer as TOML, to edit as text. The hub reads it and says in which line it does not understand something. */
import { useRef } from 'react'
import { Copy } from '@/kit/Copy'
import { join } from '@/kit/look'
import { lineIn } from './toml'

export interface TextViewProps {
  text: string
  refusal: string | null
  isReadOnly: boolean
  onChange(text: string): void
}

export function TextView({ text, refusal, isReadOnly, onChange }: TextViewProps) {
  const numbers = useRef<HTMLDivElement>(null)
  const wrong = refusal === null ? null : lineIn(refusal)
  const count = text.split('\n').length
  return (
    <div className="mx-auto flex h-full max-w-4xl flex-col gap-2 p-4">
      <div className="flex items-center gap-2">
        <p className="flex-1 text-12 text-fg-2">
          As <code>clawlink agent configure</code> and <code>agents.toml</code> have it.
        </p>
        <Copy text={text} name="Copy the text" />
      </div>
      <div className="flex min-h-64 flex-1 overflow-hidden rounded-8 border border-line-strong bg-surface focus-within:outline-2 focus-within:outline-accent">
        <div ref={numbers} aria-hidden className="w-11 shrink-0 overflow-hidden border-r border-line bg-sunken py-2 text-right font-mono text-12 leading-5 text-fg-3 select-none">
          {Array.from({ length: count }, (_, line) => (
            <div key={line} className={join('pr-2', wrong === line + 1 && 'bg-bad-soft font-semibold text-bad')}>
              {line + 1}
            </div>
          ))}
        </div>
        <textarea
          aria-label="Configuration as TOML"
          aria-invalid={wrong !== null}
          aria-describedby={refusal ? 'toml-refusal' : undefined}
          spellCheck={false}
          autoCapitalize="off"
          readOnly={isReadOnly}
          value={text}
          placeholder={'model = "…"\nmode = "ask"'}
          wrap="off"
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => numbers.current && (numbers.current.scrollTop = event.currentTarget.scrollTop)}
          className="min-w-0 flex-1 resize-none bg-transparent px-3 py-2 font-mono text-12 leading-5 outline-none placeholder:text-fg-3"
        />
      </div>
      {refusal && (
        <p id="toml-refusal" role="alert" className="break-words text-bad">
          {refusal}
        </p>
      )}
    </div>
  )
}
