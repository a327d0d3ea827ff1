/** Where one writes. Enter sends, Shift and Enter begins a line. */
import { SendHorizontal } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { Button } from '@/kit/Button'
import { useHotkey } from '@/kit/hotkeys'
import { inputLook, join } from '@/kit/look'
import { MayNot } from '@/nouns/MayNot'
import { useMay } from '@/nouns/may'

const AT_MOST = 50_000

export interface ComposerProps {
  label: string
  text: string
  onChange(text: string): void
  onSend(): void
  isSending: boolean
  /** Where it is said. */
  project: number
  beside?: ReactNode
}

export function Composer({ label, text, onChange, onSend, isSending, project, beside }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const isReady = text.trim() !== '' && !isSending
  useHotkey({ id: 'chat.write', keys: '/', label: 'Write a message', group: 'Chat' }, () => field.current?.focus())
  const maySubmit = useMay('task:submit', project)
  useEffect(() => {
    // On a phone the keyboard would hide half of the page.
    if (!matchMedia('(pointer: fine)').matches || !field.current) return
    field.current.focus()
    field.current.setSelectionRange(-1, -1)
  }, [])
  if (!maySubmit) return <MayNot className="justify-center border-t border-line bg-surface px-4 py-3">You may not write here.</MayNot>
  return (
    <form
      className="shrink-0 border-t border-line bg-surface p-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) onSend()
      }}
    >
      <div className="mx-auto flex max-w-3xl flex-col gap-2">
        <textarea
          ref={field}
          aria-label={label}
          placeholder="Ask something about the project"
          rows={2}
          maxLength={AT_MOST}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
            event.preventDefault()
            if (isReady) onSend()
          }}
          className={join(inputLook, 'field-sizing-content max-h-60 resize-none py-2')}
        />
        <div className="flex items-center gap-2">
          {beside}
          <span className="ml-auto text-12 text-fg-3 max-sm:hidden">Enter sends</span>
          <Button kind="primary" type="submit" icon={SendHorizontal} isDisabled={!isReady} className="max-sm:ml-auto">
            Send
          </Button>
        </div>
      </div>
    </form>
  )
}
