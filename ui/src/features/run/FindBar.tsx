/** Find within the run: the page holds only what is seen, so the browser's own search would miss most of it. */
import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { useDeferredValue, useMemo, useState } from 'react'
import { IconButton } from '@/kit/Button'
import { inputLook, join } from '@/kit/look'
import type { Entry } from './entries'
import { Finder } from './find'

export interface FindBarProps {
  shown: readonly Entry[]
  version: number
  onJump(index: number): void
  onClose(): void
}

export function FindBar({ shown, version, onJump, onClose }: FindBarProps) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(-1)
  const query = useDeferredValue(text.trim())
  const finder = useMemo(() => new Finder(query), [query, shown.length < 0])
  const hits = useMemo(() => [...finder.in(shown)], [finder, version, shown])

  const go = (step: number) => {
    if (!hits.length) return
    const next = at < 0 && step < 0 ? hits.length - 1 : (at + step + hits.length) % hits.length
    setAt(next)
    onJump(hits[next]!)
  }
  return (
    <div role="search" className="absolute top-8 right-4 left-4 z-10 flex items-center gap-1 rounded-8 bg-raised p-1 shadow-float sm:left-auto sm:w-96">
      <input
        autoFocus
        type="search"
        aria-label="Find in the run"
        placeholder="Find in the run"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(-1)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault()
            go(event.shiftKey ? -1 : 1)
          } else if (event.key === 'Escape') onClose()
        }}
        className={join(inputLook, 'h-control min-w-0 flex-1 [&::-webkit-search-cancel-button]:hidden')}
      />
      <span role="status" className="px-2 text-12 whitespace-nowrap text-fg-2 tabular-nums">
        {query && (hits.length ? `${at < 0 ? '' : `${at + 1} of `}${hits.length.toLocaleString('en')}` : 'Nothing found')}
      </span>
      <IconButton name="Previous" icon={ArrowUp} hotkey="⇧ ↵" onPress={() => go(-1)} isDisabled={!hits.length} />
      <IconButton name="Next" icon={ArrowDown} hotkey="↵" onPress={() => go(1)} isDisabled={!hits.length} />
      <IconButton name="Close find" icon={X} hotkey="Esc" onPress={onClose} />
    </div>
  )
}
