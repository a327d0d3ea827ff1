/** What agents and people write, as text with form. Until the parser is fetched, which is once, it is shown as it was written. */
import { memo, useSyncExternalStore } from 'react'
import { join } from './look'

let html: ((text: string) => string) | null = null
let isAsked = false
const ears = new Set<() => void>()

function listen(ear: () => void) {
  ears.add(ear)
  if (!isAsked) void fetchParser()
  return () => void ears.delete(ear)
}

async function fetchParser() {
  isAsked = true
  try {
    html = (await import('./sanitized')).html
  } catch {
    isAsked = false // the hub is away: the next that is shown asks again
  }
  for (const ear of ears) ear()
}

export const Markdown = memo(function Markdown({ text, className }: { text: string; className?: string }) {
  const make = useSyncExternalStore(listen, () => html)
  if (!make) return <div className={join('prose min-w-0 break-words whitespace-pre-wrap', className)}>{text}</div>
  return <div className={join('prose min-w-0 break-words', className)} dangerouslySetInnerHTML={{ __html: make(text) }} />
})
