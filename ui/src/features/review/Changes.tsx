/** All changed files below each other, drawn only where one looks: lines with a cursor, comments between them, each file's head on top. */
import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual'
import { useEffect, useEffectEvent, useImperativeHandle, useMemo, useRef, useState, type PointerEvent, type Ref } from 'react'
import type { FileTold } from '@/api/schema'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook, join } from '@/kit/look'
import { DiffRow } from '@/nouns/diff/DiffRow'
import type { Row } from '@/nouns/diff/lines'
import { FileHead } from './FileHead'
import type { Item } from './items'
import { isWithin, nextFile, nextLine, placeOf, reach, sideOf, type Cursor, type Place, type Side } from './places'
import { Composer, RemarkCard } from './Remark'

const HEIGHTS: Record<Item['kind'], number> = { file: 44, row: 20, folded: 64, remark: 110, composer: 190 }
const HEAD = HEIGHTS.file
const AROUND = 60
const GROUP = 'Review'

export interface ChangesHandle {
  toFile(path: string): void
}

export interface ChangesProps {
  items: readonly Item[]
  run: string
  head: string
  /** Whether one may comment here at all. */
  isOpen: boolean
  onWrite(place: Place | null): void
  onOpen(path: string, isOpen: boolean): void
  onView(file: FileTold): void
  onRest(path: string, from: number): void
  onCurrent(path: string): void
  onCursor(place: Place | null): void
  ref: Ref<ChangesHandle>
}

export function Changes({ items, run, head, isOpen, onWrite, onOpen, onView, onRest, onCurrent, onCursor, ref }: ChangesProps) {
  const scroll = useRef<HTMLDivElement>(null)
  const [cursor, setCursor] = useState<Cursor | null>(null)
  const [chosen, setChosen] = useState<Place | null>(null)
  const from = useRef<Place | null>(null) // where a range was begun
  const isDragging = useRef(false)

  const at = useMemo(() => new Map(items.map((item, index) => [item.key, index])), [items])
  const heads = useMemo(() => items.flatMap((item, index) => (item.kind === 'file' ? [index] : [])), [items])
  const composer = items.findIndex((item) => item.kind === 'composer')
  const headAbove = (index: number) => heads.findLast((one) => one <= index) ?? -1

  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => HEIGHTS[items[index]!.kind],
    getItemKey: (index) => items[index]!.key,
    overscan: 10,
    useFlushSync: false,
    // The head of the file that one looks at stays on top; what is being written is not lost by scrolling away.
    rangeExtractor: (range: Range) => [...new Set([headAbove(range.startIndex), composer, ...defaultRangeExtractor(range)])].filter((one) => one >= 0).sort((a, b) => a - b),
  })
  const stuck = headAbove(virtual.range?.startIndex ?? 0)
  const index = cursor ? (at.get(cursor.key) ?? -1) : -1
  const here = items[index]
  const isInSight = virtual.range !== null && virtual.range.startIndex <= index && index <= virtual.range.endIndex
  const current = items[isInSight ? headAbove(index) : stuck]
  const currentFile = current?.kind === 'file' ? current.file : null
  const path = currentFile?.path
  const tellCurrent = useEffectEvent(onCurrent)
  useEffect(() => {
    if (path !== undefined) tellCurrent(path)
  }, [path])

  const cursorPlace = here?.kind === 'row' && cursor ? placeOf(here.row, cursor.side) : null
  const tellCursor = useEffectEvent(onCursor)
  const told = JSON.stringify(chosen ?? cursorPlace)
  useEffect(() => tellCursor(JSON.parse(told) as Place | null), [told])

  useImperativeHandle(ref, () => ({ toFile: (wanted) => void goTo(heads.find((one) => items[one]!.key === `${wanted}\0`)) }))

  function goTo(wanted: number | null | undefined) {
    if (wanted == null || wanted < 0) return
    virtual.scrollToIndex(wanted, { align: 'start' })
    const next = nextLine(items, wanted, 1)
    const item = items[next]
    if (item?.kind === 'row') place(item, 'new')
  }

  function place(item: Extract<Item, { kind: 'row' }>, side: Side) {
    setCursor({ key: item.key, side: sideOf(item.row, side) })
    setChosen(null)
    from.current = null
  }

  /** Keep the line in sight, below the head that stays on top. */
  function show(wanted: number) {
    const line = virtual.measurementsCache[wanted]
    const box = scroll.current
    if (!line || !box) return
    if (line.start < box.scrollTop + HEAD) virtual.scrollToOffset(Math.max(0, line.start - HEAD - AROUND))
    else if (line.end > box.scrollTop + box.clientHeight) virtual.scrollToOffset(line.end - box.clientHeight + AROUND)
  }

  function move(by: 1 | -1, extend: boolean) {
    // Without a cursor one begins with the first line in sight.
    const start = index >= 0 ? index : (virtual.range?.startIndex ?? 0)
    const next = nextLine(items, start, by)
    const item = items[next]
    if (item?.kind !== 'row') return
    if (extend && cursorPlace) {
      choose(item.row)
      setCursor({ key: item.key, side: sideOf(item.row, cursor!.side) })
    } else place(item, cursor?.side ?? 'new')
    show(next)
  }

  /** From where the range began, or the cursor, to that row. */
  function choose(row: Row) {
    const begun = (from.current ??= cursorPlace)
    if (begun) setChosen((known) => reach(begun, row) ?? known ?? begun)
  }

  const write = () => {
    const wanted = chosen ?? cursorPlace
    if (isOpen && wanted) onWrite(wanted)
  }

  useHotkey({ id: 'review.down', keys: 'j', label: 'Next line', group: GROUP }, () => move(1, false))
  useHotkey({ id: 'review.up', keys: 'k', label: 'Line before', group: GROUP }, () => move(-1, false))
  useHotkey({ id: 'review.more', keys: 'shift+j', label: 'Choose the next line too', group: GROUP }, () => move(1, true))
  useHotkey({ id: 'review.less', keys: 'shift+k', label: 'Choose the line before too', group: GROUP }, () => move(-1, true))
  useHotkey({ id: 'review.comment', keys: 'c', label: 'Comment on the line', group: GROUP, isOff: !isOpen }, write)
  useHotkey({ id: 'review.next', keys: 'n', label: 'Next file', group: GROUP }, () => goTo(nextFile(items, isInSight ? index : Math.max(stuck, 0), 1)))
  useHotkey({ id: 'review.previous', keys: 'p', label: 'File before', group: GROUP }, () => goTo(nextFile(items, isInSight ? headAbove(index) : stuck, -1)))
  useHotkey({ id: 'review.viewed', keys: 'v', label: 'Viewed, or not', group: GROUP }, () => {
    if (currentFile) onView(currentFile)
  })

  function itemAt(event: PointerEvent) {
    const target = event.target as HTMLElement
    const row = target.closest<HTMLElement>('[data-row]')
    const item = items[Number(row?.dataset.row ?? -1)]
    const side: Side = target.closest<HTMLElement>('[data-side]')?.dataset.side === 'old' ? 'old' : 'new'
    return item?.kind === 'row' && item.row.kind === 'line' ? { item, side: sideOf(item.row, side), isGutter: target.closest('[data-gutter]') !== null } : null
  }

  function down(event: PointerEvent) {
    const hit = event.button === 0 ? itemAt(event) : null
    if (!hit) return
    const wanted = placeOf(hit.item.row, hit.side)
    if (event.shiftKey && (from.current ?? cursorPlace)) {
      event.preventDefault()
      return choose(hit.item.row)
    }
    place(hit.item, hit.side)
    if (!hit.isGutter || !isOpen || !wanted) return
    event.preventDefault()
    from.current = wanted
    isDragging.current = true
    setChosen(wanted)
  }

  function over(event: PointerEvent) {
    const hit = isDragging.current ? itemAt(event) : null
    if (hit) choose(hit.item.row)
  }

  function up() {
    if (isDragging.current && chosen) onWrite(chosen)
    isDragging.current = false
  }

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.target !== event.currentTarget) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      move(event.key === 'ArrowDown' ? 1 : -1, event.shiftKey)
    } else if ((event.key === 'ArrowLeft' || event.key === 'ArrowRight') && here?.kind === 'row' && cursor) {
      place(here, event.key === 'ArrowLeft' ? 'old' : 'new')
    } else if (event.key === 'Enter') write()
    else if (event.key === 'Escape') {
      setChosen(null)
      from.current = null
    }
  }

  const done = () => {
    onWrite(null)
    setChosen(null)
    from.current = null
    scroll.current?.focus()
  }

  return (
    <div
      ref={scroll}
      role="grid"
      aria-label="Changes"
      aria-rowcount={items.length}
      aria-activedescendant={index >= 0 ? `row-${index}` : undefined}
      aria-readonly
      tabIndex={0}
      className="relative min-h-0 flex-1 overflow-y-auto bg-surface font-mono text-12 leading-5 [font-variant-ligatures:none] outline-offset-[-2px] [overflow-anchor:none]"
      onPointerDown={down}
      onPointerOver={over}
      onPointerUp={up}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((seen) => {
          const item = items[seen.index]!
          const isStuck = seen.index === stuck
          return (
            <div
              key={seen.key}
              id={`row-${seen.index}`}
              role="row"
              aria-rowindex={seen.index + 1}
              data-row={seen.index}
              data-index={seen.index}
              ref={virtual.measureElement}
              className={join('inset-x-0', isStuck ? 'sticky top-0 z-10' : 'absolute top-0')}
              style={isStuck ? undefined : { transform: `translateY(${seen.start}px)` }}
            >
              {item.kind === 'row' ? (
                <DiffRow
                  row={item.row}
                  isOpen={isOpen}
                  cursor={cursor?.key === item.key ? cursor.side : null}
                  chosen={isWithin(item.row, chosen) ? chosen!.side : null}
                  onRest={item.row.kind === 'rest' ? () => item.row.kind === 'rest' && onRest(item.row.path, item.row.from) : undefined}
                />
              ) : item.kind === 'file' ? (
                <FileHead file={item.file} isOpen={item.isOpen} isStuck={isStuck} onOpen={(open) => onOpen(item.file.path, open)} onView={() => onView(item.file)} />
              ) : (
                <div role="gridcell" className="font-sans text-13">
                  {item.kind === 'folded' && (
                    <div className="flex flex-wrap items-center gap-3 px-4 py-3 text-fg-2">
                      Made by a program, {(item.file.additions + item.file.deletions).toLocaleString('en')} lines: not shown.
                      <button type="button" className={buttonLook()} onClick={() => onOpen(item.file.path, true)}>
                        Show them
                      </button>
                    </div>
                  )}
                  {item.kind === 'remark' && <RemarkCard run={run} remark={item.remark} isLoose={item.isLoose} />}
                  {item.kind === 'composer' && <Composer run={run} head={head} place={item.place} onDone={done} />}
                </div>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}
