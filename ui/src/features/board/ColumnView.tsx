/** One column: its name and count, and of its cards those that can be seen. It is one tab stop; arrows go on from there. */
import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/adapter/element-adapter'
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { Plus } from 'lucide-react'
import { useCallback, useEffect, useEffectEvent, useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from 'react'
import type { CardTold } from '@/api/schema'
import { IconButton } from '@/kit/Button'
import { TASK_STATUS } from '@/nouns/TaskStatus'
import { Card, CARD_PX, type CardProps } from './Card'
import type { Column } from './columns'
import { current, hover, lift, useSpotIn } from './drag'

const GAP_PX = 8
const PAD_PX = 8
const STEP_PX = CARD_PX + GAP_PX
const OVERSCAN = 4

export interface ColumnHandle {
  /** Put the focus on the card at the index, or the one nearest. */
  focus(index: number): void
  indexAt(clientY: number): number
  show(index: number): void
  /** Put the focus on this card as soon as it stands here; null: on none any more. */
  expect(id: number | null): void
}

export interface ColumnViewProps extends Pick<CardProps, 'isSelecting' | 'onSelect' | 'onMenu'> {
  id: Column
  label: string
  cards: readonly CardTold[]
  total: number
  selected: ReadonlySet<number>
  open: string | undefined
  mayWrite: boolean
  empty: string
  onCreate(): void
  onKey(event: KeyboardEvent, card: CardTold, index: number): void
  ref: Ref<ColumnHandle>
}

let isTouching = false
addEventListener('pointerdown', (event) => (isTouching = event.pointerType === 'touch'), { capture: true })

export function ColumnView({ id, label, cards, total, selected, isSelecting, open, mayWrite, empty, onSelect, onMenu, onCreate, onKey, ref }: ColumnViewProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(0)
  const at = Math.min(active, Math.max(0, cards.length - 1))
  const virtual = useVirtualizer({
    count: cards.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_PX,
    gap: GAP_PX,
    paddingStart: PAD_PX,
    paddingEnd: PAD_PX,
    overscan: OVERSCAN,
    getItemKey: useCallback((index: number) => cards[index]!.id, [cards]),
    // The card with the tab stop stays mounted, or the focus would be lost when it is scrolled away.
    rangeExtractor: (range) => (cards.length ? [...new Set([...defaultRangeExtractor(range), at])].toSorted((a, b) => a - b) : []),
  })

  function indexAt(clientY: number): number {
    const { top } = scroller.current!.getBoundingClientRect()
    const y = clientY - top + scroller.current!.scrollTop - PAD_PX
    return Math.max(0, Math.min(cards.length, Math.round(y / STEP_PX)))
  }
  const wanted = useRef<number | null>(null) // the id of the card that is to have the focus
  useImperativeHandle(ref, () => ({
    indexAt,
    show: (index) => virtual.scrollToIndex(Math.min(index, cards.length - 1)),
    focus(index) {
      if (!cards.length) return scroller.current?.focus()
      wanted.current = cards[Math.max(0, Math.min(index, cards.length - 1))]!.id
      give()
    },
    expect(id) {
      wanted.current = id
      give()
    },
  }))
  function give() {
    if (wanted.current === null) return
    const index = cards.findIndex(({ id }) => id === wanted.current)
    if (index < 0) return
    if (index !== at) setActive(index)
    virtual.scrollToIndex(index)
    const link = scroller.current?.querySelector<HTMLElement>(`[data-card="${wanted.current}"] a`)
    if (!link) return
    wanted.current = null
    link.focus({ preventScroll: true })
  }
  // A card far away is mounted only after this draws anew.
  useEffect(give)

  const onOver = useEffectEvent((clientY: number) => hover({ column: id, index: indexAt(clientY) }))
  useEffect(
    () =>
      dropTargetForElements({
        element: scroller.current!,
        onDrag: ({ location }) => onOver(location.current.input.clientY),
        onDragLeave: () => current()?.via === 'mouse' && hover(null),
      }),
    [],
  )

  const { icon: Icon, tone } = TASK_STATUS[id]
  return (
    <section aria-label={label} className="relative flex h-full min-w-0 flex-1 snap-center flex-col rounded-8 bg-sunken max-md:w-[86vw] max-md:flex-none md:min-w-60">
      <header className="flex h-11 shrink-0 items-center gap-2 pr-1.5 pl-3">
        <Icon size={16} aria-hidden className={tone === 'run' ? 'text-run' : tone === 'info' ? 'text-info' : tone === 'ok' ? 'text-ok' : 'text-fg-3'} />
        <h2 className="text-13 font-semibold">{label}</h2>
        <span className="text-12 text-fg-3 tabular-nums">{cards.length === total ? total : `${cards.length} of ${total}`}</span>
        {mayWrite && (
          <span className="ml-auto">
            <IconButton name={`New task in ${label}`} icon={Plus} onPress={onCreate} />
          </span>
        )}
      </header>
      <div
        ref={scroller}
        data-column={id}
        tabIndex={cards.length ? -1 : 0}
        className="relative min-h-0 flex-1 overflow-y-auto rounded-b-8 px-2 outline-none"
      >
        {cards.length === 0 && <p className="px-3 py-6 text-center text-12 text-fg-3">{empty}</p>}
        <div role={cards.length ? 'list' : undefined} aria-label={cards.length ? `${label}, ${cards.length} tasks` : undefined} className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const card = cards[item.index]!
            return (
              <div
                key={item.key}
                role="listitem"
                aria-setsize={cards.length}
                aria-posinset={item.index + 1}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
                onFocus={() => setActive(item.index)}
                onKeyDown={(event) => onKey(event, card, item.index)}
                onContextMenu={(event) => {
                  if (isTouching) return
                  event.preventDefault()
                  onMenu(card, event.currentTarget)
                }}
              >
                <Held id={card.id} mayMove={mayWrite} selected={selected}>
                  <Card card={card} isActive={item.index === at} isSelected={selected.has(card.id)} isSelecting={isSelecting} isOpen={card.key === open} onSelect={onSelect} onMenu={onMenu} />
                </Held>
              </div>
            )
          })}
        </div>
        <Line column={id} />
      </div>
      <Glow column={id} />
    </section>
  )
}

/** Where the card would stand. Both are apart from the column, which then is not drawn anew with every step of the mouse. */
function Line({ column }: { column: Column }) {
  const spot = useSpotIn(column)
  if (spot < 0) return null
  return <div aria-hidden className="pointer-events-none absolute inset-x-2 z-10 h-0.5 rounded-full bg-accent" style={{ top: PAD_PX + spot * STEP_PX - GAP_PX / 2 - 1 }} />
}

function Glow({ column }: { column: Column }) {
  return useSpotIn(column) < 0 ? null : <div aria-hidden className="pointer-events-none absolute inset-0 rounded-8 border-2 border-accent" />
}

/** Can be taken with the mouse, together with all that is selected if it is one of them. */
function Held({ id, mayMove, selected, children }: { id: number; mayMove: boolean; selected: ReadonlySet<number>; children: React.ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const onLift = useEffectEvent(() => lift(selected.has(id) ? selected : [id], 'mouse'))
  useEffect(() => (mayMove ? draggable({ element: box.current!, getInitialData: () => ({ id }), canDrag: () => !isTouching, onDragStart: () => onLift() }) : undefined), [id, mayMove])
  return <div ref={box}>{children}</div>
}
