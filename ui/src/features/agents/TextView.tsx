/** The layer as TOML, to edit as text. The hub reads it and says in which line it does not understand something. */
import { CodeArea } from '@/kit/CodeArea'
import { Copy } from '@/kit/Copy'
import { lineIn } from './toml'

export interface TextViewProps {
  text: string
  refusal: string | null
  isReadOnly: boolean
  onChange(text: string): void
}

export function TextView({ text, refusal, isReadOnly, onChange }: TextViewProps) {
  return (
    <div className="mx-auto flex h-full max-w-4xl flex-col gap-2 p-4">
      <div className="flex items-center gap-2">
        <p className="flex-1 text-12 text-fg-2">
          As <code>clawlink agent configure</code> and <code>agents.toml</code> have it.
        </p>
        <Copy text={text} name="Copy the text" />
      </div>
      <CodeArea
        label="Configuration as TOML"
        text={text}
        onChange={onChange}
        wrongLine={refusal === null ? null : lineIn(refusal)}
        describedBy={refusal ? 'toml-refusal' : undefined}
        isReadOnly={isReadOnly}
        placeholder={'model = "…"\nmode = "ask"'}
      />
      {refusal && (
        <p id="toml-refusal" role="alert" className="break-words text-bad">
          {refusal}
        </p>
      )}
    </div>
  )
}
