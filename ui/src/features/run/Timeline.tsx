/** The lines of a run: as many as there are, as few in the page as are seen. It follows the end until somebody scrolls up. */
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, Brain, ListFilter } from 'lucide-react'
import { useCallback, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { Button } from '@/kit/Button'
import { useHotkey } from '@/kit/hotkeys'
import { Markdown } from '@/kit/Markdown'
import { EmptyState } from '@/kit/states'
import { codeOf, isChief, type Entry } from './entries'
import { FindBar } from './FindBar'
import { Fold } from './Fold'
import { Said } from './Line'
import { copy, Row } from './Row'
import { lineAt, type Story } from './story'
import { Strip } from './Strip'
import { useStick } from './useStick'
import { many } from './words'

const GROUP = 'Run'
const END_PX = 48
const SAYING = 'saying'
/** Lines that are laid out, counted from the end: the longer that list, the more it costs to add one. Earlier ones come when wanted. */
const LAID_OUT = 8000
const STEP = 4000

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
  const [stopped, setStopped] = useState<number | null>(null)
  const navigate = useNavigate()
  const shown = useMemo(() => (isFocused ? story.entries.filter(isChief) : story.entries), [story, version, isFocused])
  const tones = useMemo(() => (isFocused ? shown.map(codeOf) : story.tones), [story, shown, isFocused])
  const isSaying = Boolean(story.saying || (story.thinking && !isFocused))
  const [first, setFirst] = useState(0)
  const start = Math.min(first, shown.length)
  const count = shown.length - start + (isSaying ? 1 : 0)
  const stick = useStick(() => virtual.isAtEnd(END_PX))
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    getItemKey: useCallback((index: number) => shown[start + index]?.key ?? SAYING, [shown, start]),
    estimateSize: (index) => HEIGHTS[shown[start + index]?.kind ?? 'message'] ?? 32,
    // Whoever follows the end does not scroll: what is beyond would be made in vain.
    overscan: stick.isStuck ? 1 : 4,
    gap: 2,
    paddingStart: 12,
    paddingEnd: 16,
    anchorTo: 'end',
    scrollEndThreshold: END_PX,
  })
  const rows = virtual.getVirtualItems()
  const size = virtual.getTotalSize()
  const follow = () => {
    if (stick.isStuck) virtual.scrollToEnd()
  }
  useLayoutEffect(follow, [stick.isStuck, size, count, version])
  useHeight(box, follow)
  const onOpen = useCallback((key: number, isOpen: boolean) => setOpened((now) => (isOpen ? new Set([...now, key]) : new Set([...now].filter((one) => one !== key)))), [])

  const wanted = useRef<number | null>(null)
  const jump = (index: number) => {
    const entry = shown[index]
    if (!entry) return
    setMarked(entry.key)
    stick.let(false)
    if (index >= start) return virtual.scrollToIndex(index - start, { align: 'center' })
    wanted.current = index
    setFirst(Math.max(0, index - STEP))
  }
  const isAtStart = (rows[0]?.index ?? 0) < 8
  useEffect(() => {
    if (wanted.current !== null) {
      virtual.scrollToIndex(wanted.current - start, { align: 'center' })
      wanted.current = null
    } else if (stick.isStuck && shown.length - start > LAID_OUT + STEP) setFirst(shown.length - LAID_OUT)
    else if (!stick.isStuck && isAtStart && start > 0) setFirst(Math.max(0, start - STEP))
  }, [start, stick.isStuck, isAtStart, version])
  useLinked(story, shown, version, box, jump)

  useHotkey({ id: 'run.find', keys: 'mod+f', label: 'Find in the run', group: GROUP }, () => setFinding(true))
  useHotkey({ id: 'run.focus', keys: 'f', label: 'Focus: hide the noise of tools', group: GROUP }, () => onFocus(!isFocused))
  useHotkey({ id: 'run.end', keys: 'end', label: 'Jump to the latest', group: GROUP }, () => stick.let(true))

  // Tab leads to one line, the last that had the focus or else the first that is there; the arrows to the others.
  const stop = rows.some(({ index }) => start + index === stopped) ? stopped : start + (rows[0]?.index ?? 0)
  const step = (event: KeyboardEvent, index: number) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const target = event.target as Element
    const next = by && !target.closest('pre, [role=group]') ? box.current?.querySelector(`[data-index="${index + by}"]`) : null
    if (!next) return
    event.preventDefault()
    if (by < 0) stick.let(false)
    flushSync(() => setStopped(start + index + by))
    next.querySelector<HTMLElement>('[aria-expanded], [data-first]')?.focus()
  }
  const onLink = useCallback(
    (entry: Entry) => {
      void navigate({ to: '.', search: true, hash: String(entry.seq), replace: true })
      copy(`${location.origin}${location.pathname}#${entry.seq}`, 'Link copied')
      setMarked(entry.key)
    },
    [navigate],
  )
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <Strip tones={tones} version={version} seen={[start + (rows[0]?.index ?? 0), start + (rows.at(-1)?.index ?? 0)]} onJump={jump} />
      {isFinding && <FindBar shown={shown} version={version} onJump={jump} onClose={() => setFinding(false)} />}
      <p role="status" className="sr-only">
        {summary(story)}
      </p>
      <div ref={box} {...stick.heard} tabIndex={0} role="region" aria-label="Timeline" className="min-h-0 flex-1 overflow-y-auto overscroll-contain [contain:strict] px-2 outline-offset-[-2px] sm:px-4">
        {count === 0 && (isFocused ? <Filtered onAll={() => onFocus(false)} /> : <EmptyState icon={ListFilter}>Nothing has been told of this run yet.</EmptyState>)}
        <div role="list" className="relative mx-auto w-full max-w-[60rem]" style={{ height: size }}>
          {rows.map(({ index, key, start: top }) => {
            const entry = shown[start + index]
            return (
              <div key={key} role="listitem" data-index={index} data-kind={entry?.kind ?? SAYING} ref={virtual.measureElement} onFocus={() => setStopped(start + index)} onKeyDown={(event) => step(event, index)} className="group absolute inset-x-0 top-0 [contain:layout_style]" style={{ transform: `translateY(${top}px)` }}>
                {entry ? <Row entry={entry} isOpen={opened.has(entry.key)} isMarked={marked === entry.key} isStop={start + index === stop} onOpen={onOpen} onLink={onLink} /> : <Saying story={story} />}
              </div>
            )
          })}
        </div>
      </div>
      {!stick.isStuck && (
        <Button icon={ArrowDown} onPress={() => stick.let(true)} className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-float">
          Jump to latest
        </Button>
      )}
    </div>
  )
}

/** Rough heights in px, until a line is measured. */
const HEIGHTS: Partial<Record<Entry['kind'], number>> = { message: 84, result: 84, prompt: 84, note: 28, decided: 24, border: 32 }

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

/** For those who listen: not every line, only what is new of note. */
function summary({ entries }: Story): string {
  const last = entries.findLast((entry) => entry.kind === 'question' || entry.kind === 'message' || entry.kind === 'note')
  const told = last?.kind === 'question' ? (last.answer ? '' : `The agent asks: ${last.title}`) : last?.kind === 'message' ? 'The agent has written a message.' : last?.kind === 'note' ? last.text : ''
  return entries.length ? `${many(Math.floor(entries.length / 10) * 10 || entries.length, 'line')} in the timeline. ${told}` : ''
}

/** With an address that names an event, begins there as soon as it has been read. */
function useLinked(story: Story, shown: readonly Entry[], version: number, box: RefObject<HTMLDivElement | null>, jump: (index: number) => void): void {
  const hash = useRouterState({ select: ({ location }) => location.hash })
  const done = useRef<string | null>(null)
  useEffect(() => {
    if (!box.current || !shown.length || done.current === hash) return
    const seq = /^\d+$/.test(hash) ? Number(hash) : null
    if (seq === null) done.current = hash
    else if (story.last >= seq) {
      const index = lineAt(shown, seq)
      jump(index < 0 ? shown.length - 1 : index)
      done.current = hash
    }
  }, [hash, version])
}

/** What appears below, as a question or prompts that wait, takes room from the box: whoever saw the end still sees it. */
function useHeight(box: RefObject<HTMLDivElement | null>, changed: () => void): void {
  const onChanged = useEffectEvent(changed)
  useEffect(() => {
    const sizes = new ResizeObserver(() => onChanged())
    sizes.observe(box.current!)
    return () => sizes.disconnect()
  }, [box])
}
