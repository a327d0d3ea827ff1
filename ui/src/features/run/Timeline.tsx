/** The lines of a run: as many as there are, as few in the page as are seen. It follows the end until somebody scrolls up. */
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, Brain, Copy, Link2, ListFilter } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from 'react'
import { Button, IconButton } from '@/kit/Button'
import { useHotkey } from '@/kit/hotkeys'
import { join } from '@/kit/look'
import { Markdown } from '@/kit/Markdown'
import { EmptyState } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { isChief, textOf, type Entry } from './entries'
import { FindBar } from './FindBar'
import { Fold } from './Fold'
import { Line, Said } from './Line'
import { lineAt, type Story } from './story'
import { Strip } from './Strip'
import { many } from './words'

const GROUP = 'Run'
const END_PX = 48
const SAYING = 'saying'
const time = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hour12: false })

export interface TimelineProps {
  story: Story
  version: number
  isFocused: boolean
  onFocus(isFocused: boolean): void
}

export function Timeline({ story, version, isFocused, onFocus }: TimelineProps) {
  const box = useRef<HTMLDivElement>(null)
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set())
  const [marked, setMarked] = useState<number | null>(null)
  const [isFinding, setFinding] = useState(false)
  const navigate = useNavigate()
  const shown = useMemo(() => (isFocused ? story.entries.filter(isChief) : story.entries), [story, version, isFocused])
  const isSaying = Boolean(story.saying || (story.thinking && !isFocused))
  const count = shown.length + (isSaying ? 1 : 0)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    getItemKey: (index) => shown[index]?.key ?? SAYING,
    estimateSize: (index) => HEIGHTS[shown[index]?.kind ?? 'message'] ?? 32,
    overscan: 6,
    gap: 2,
    paddingStart: 12,
    paddingEnd: 16,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  })
  const rows = virtual.getVirtualItems()
  const onOpen = useCallback((key: number, isOpen: boolean) => setOpened((now) => (isOpen ? new Set([...now, key]) : new Set([...now].filter((one) => one !== key)))), [])

  const jump = (index: number) => {
    const entry = shown[index]
    if (!entry) return
    setMarked(entry.key)
    virtual.scrollToIndex(index, { align: 'center' })
  }
  useLinked(story, shown, version, box, jump, () => virtual.scrollToEnd())

  useHotkey({ id: 'run.find', keys: 'mod+f', label: 'Find in the run', group: GROUP }, () => setFinding(true))
  useHotkey({ id: 'run.focus', keys: 'f', label: 'Focus: hide the noise of tools', group: GROUP }, () => onFocus(!isFocused))
  useHotkey({ id: 'run.end', keys: 'end', label: 'Jump to the latest', group: GROUP }, () => virtual.scrollToEnd())

  const link = (entry: Entry) => {
    void navigate({ to: '.', search: true, hash: String(entry.seq), replace: true })
    copy(`${location.origin}${location.pathname}#${entry.seq}`, 'Link copied')
    setMarked(entry.key)
  }
  const isAtEnd = count === 0 || virtual.isAtEnd(END_PX)
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <Strip entries={shown} version={version} seen={[rows[0]?.index ?? 0, rows.at(-1)?.index ?? 0]} onJump={jump} />
      {isFinding && <FindBar shown={shown} version={version} onJump={jump} onClose={() => setFinding(false)} />}
      <p role="status" className="sr-only">
        {summary(story)}
      </p>
      <div ref={box} tabIndex={0} role="region" aria-label="Timeline" className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 outline-offset-[-2px] sm:px-4">
        {count === 0 && (isFocused ? <Filtered onAll={() => onFocus(false)} /> : <EmptyState icon={ListFilter}>Nothing has been told of this run yet.</EmptyState>)}
        <div role="list" className="relative mx-auto w-full max-w-[60rem]" style={{ height: virtual.getTotalSize() }}>
          {rows.map(({ index, key, start }) => {
            const entry = shown[index]
            return (
              <div key={key} role="listitem" data-index={index} data-kind={entry?.kind ?? SAYING} ref={virtual.measureElement} className="group absolute inset-x-0 top-0" style={{ transform: `translateY(${start}px)` }}>
                {entry ? (
                  <div className={join('relative rounded-8', marked === entry.key && 'ring-2 ring-accent')}>
                    <Line entry={entry} isOpen={opened.has(entry.key)} onOpen={onOpen} />
                    <Acts entry={entry} onLink={() => link(entry)} />
                  </div>
                ) : (
                  <Saying story={story} />
                )}
              </div>
            )
          })}
        </div>
      </div>
      {!isAtEnd && (
        <Button icon={ArrowDown} onPress={() => virtual.scrollToEnd()} className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-float">
          Jump to latest
        </Button>
      )}
    </div>
  )
}

/** Rough heights in px, until a line is measured. */
const HEIGHTS: Partial<Record<Entry['kind'], number>> = { message: 84, prompt: 84, note: 28, decided: 24, border: 32 }

function Filtered({ onAll }: { onAll(): void }) {
  return (
    <EmptyState icon={ListFilter} action={<Button onPress={onAll}>Show all</Button>}>
      Focus hides all that has happened so far.
    </EmptyState>
  )
}

function Saying({ story: { saying, thinking } }: { story: Story }) {
  return saying ? (
    <Said icon={Brain} by="Agent, writing">
      <Markdown text={saying} className="text-14 leading-[1.55]" />
    </Said>
  ) : (
    <Fold icon={Brain} tone="plain" title="Thinking" beside={thinking.slice(-300)} isOpen={false} onOpen={() => {}}>
      {null}
    </Fold>
  )
}

function Acts({ entry, onLink }: { entry: Entry; onLink(): void }) {
  const isStill = entry.kind === 'border' || entry.kind === 'note' || entry.kind === 'decided'
  return (
    <div className={join('absolute right-8 flex items-center gap-1 rounded-6 bg-surface opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:hidden', isStill ? 'top-[-4px]' : 'top-0')}>
      <time dateTime={entry.at} className="px-1 text-12 text-fg-3 tabular-nums">
        {time.format(new Date(entry.at))}
      </time>
      <IconButton name="Copy text" icon={Copy} className="h-6! w-6!" onPress={() => copy(textOf(entry), 'Copied')} />
      <IconButton name="Copy link" icon={Link2} className="h-6! w-6!" onPress={onLink} />
    </div>
  )
}

function copy(text: string, told: string): void {
  navigator.clipboard.writeText(text).then(() => toast(told), toastError)
}

/** For those who listen: not every line, only what is new of note. */
function summary({ entries }: Story): string {
  const last = entries.findLast((entry) => entry.kind === 'question' || entry.kind === 'message' || entry.kind === 'note')
  const told = last?.kind === 'question' ? (last.answer ? '' : `The agent asks: ${last.title}`) : last?.kind === 'message' ? 'The agent has written a message.' : last?.kind === 'note' ? last.text : ''
  return entries.length ? `${many(Math.floor(entries.length / 10) * 10 || entries.length, 'line')} in the timeline. ${told}` : ''
}

/** Begins at the end; or, with an address that names an event, there, as soon as it has been read. */
function useLinked(story: Story, shown: readonly Entry[], version: number, box: RefObject<HTMLDivElement | null>, jump: (index: number) => void, end: () => void): void {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const done = useRef<string | null>(null)
  useEffect(() => {
    if (!box.current || !shown.length || done.current === hash) return
    const seq = /^\d+$/.test(hash) ? Number(hash) : null
    if (seq === null) {
      if (done.current === null) end()
      done.current = hash
    } else if (story.last >= seq) {
      const index = lineAt(shown, seq)
      jump(index < 0 ? shown.length - 1 : index)
      done.current = hash
    }
  }, [hash, version])
}
