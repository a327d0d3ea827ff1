/** A word in passing, at the bottom, with a way back where there is one. `toast('Moved to Done', { undo })`. */
import { CircleCheck, TriangleAlert, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { buttonLook, floatLook, join } from './look'

interface Toast {
  id: number
  text: string
  tone: 'ok' | 'bad'
  undo?: (() => void) | undefined
}

const SECONDS = 5
const SECONDS_OF_FAILURE = 10
const AT_MOST = 3

let toasts: readonly Toast[] = []
let last = 0
const ears = new Set<() => void>()

function become(next: readonly Toast[]) {
  toasts = next
  for (const ear of ears) ear()
}

const close = (id: number) => become(toasts.filter((one) => one.id !== id))

/** Shown for 5 s (10 s when something failed). `undo` takes back what was done. */
export function toast(text: string, { undo, tone = 'ok' }: { undo?: () => void; tone?: Toast['tone'] } = {}): void {
  const id = ++last
  become([...toasts, { id, text, tone, undo }].slice(-AT_MOST))
  setTimeout(() => close(id), (tone === 'bad' ? SECONDS_OF_FAILURE : SECONDS) * 1000)
}

/** What went wrong, in the words of whoever said it. */
export function toastError(error: unknown): void {
  toast(error instanceof Error ? error.message : String(error), { tone: 'bad' })
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (ear) => (ears.add(ear), () => void ears.delete(ear)),
    () => toasts,
  )
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-20 z-50 flex flex-col items-center gap-2 md:bottom-6">
      {shown.map((one) => (
        <div key={one.id} className={join(floatLook, 'pointer-events-auto flex max-w-full items-center gap-3 py-1 pr-1 pl-3')}>
          {one.tone === 'ok' ? <CircleCheck size={16} aria-hidden className="shrink-0 text-ok" /> : <TriangleAlert size={16} aria-label="Failed" className="shrink-0 text-bad" />}
          <span className="min-w-0 py-1">{one.text}</span>
          {one.undo && (
            <button
              type="button"
              className={buttonLook('quiet')}
              onClick={() => {
                one.undo?.()
                close(one.id)
              }}
            >
              Undo
            </button>
          )}
          <button type="button" aria-label="Close" className={buttonLook('quiet', true)} onClick={() => close(one.id)}>
            <X size={16} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  )
}
