// What an agent is saying just now: pieces come faster than anybody reads, so they are gathered outside of React and shown ten times a
// second. Above: Conversation.

import type { LiveEvent } from '@/live/live'

const SHOWN_EACH_MS = 100

export function saying() {
  let text = ''
  let shown = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const ears = new Set<() => void>()

  function show() {
    clearTimeout(timer)
    timer = undefined
    shown = text
    for (const ear of ears) ear()
  }

  return {
    /** Take in what was told. Returns whether the answer as the hub keeps it has changed. */
    hear(events: readonly LiveEvent[]): boolean {
      let isKept = false
      for (const event of events) {
        if (event.kind === 'agent.chunk') {
          if (!event.thought) text += event.text
        } else if (event.kind === 'agent.message' || event.kind === 'prompt.taken' || event.kind.startsWith('run.')) isKept = true
      }
      if (text !== shown) timer ??= setTimeout(show, SHOWN_EACH_MS)
      return isKept
    },
    /** The hub has kept it: it stands in the answer now. */
    settle() {
      text = ''
      show()
    },
    listen(ear: () => void): () => void {
      ears.add(ear)
      return () => void ears.delete(ear)
    },
    text: () => shown,
  }
}

export type Saying = ReturnType<typeof saying>
