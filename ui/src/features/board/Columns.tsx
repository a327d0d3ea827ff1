/** The cards themselves, in columns or as a list, and all that moves, selects and asks around them. */
import { monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/adapter/element-adapter'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import type { CardTold, TaskStatus } from '@/api/schema'
import { useHotkey } from '@/kit/hotkeys'
import { toastError } from '@/kit/toast'
import { useActs } from './acts'
import { COLUMNS, columnOf, isThere, labelOf, moveTo, type Column, type Columns as Arranged, type Move, type Spot } from './columns'
import { ColumnView, type ColumnHandle } from './ColumnView'
import { hover, letGo } from './drag'
import { counted, moveByKey } from './keys'

// What the first look at the board does without.
const AgentQuestion = lazy(() => import('./AgentQuestion').then(({ AgentQuestion }) => ({ default: AgentQuestion })))
const CardMenu = lazy(() => import('./CardMenu').then(({ CardMenu }) => ({ default: CardMenu })))
const ListView = lazy(() => import('./ListView').then(({ ListView }) => ({ default: ListView })))
const SelectionBar = lazy(() => import('./SelectionBar').then(({ SelectionBar }) => ({ default: SelectionBar })))
const scrolling = () => import('@atlaskit/pragmatic-drag-and-drop-auto-scroll/element')
const touching = () => import('./touch')

export interface ColumnsProps {
  /** What is shown; `all`: with what the filter hides. */
  columns: Arranged
  all: Arranged
  open: string | undefined
  mayWrite: boolean
  view: 'list' | undefined
  labels: CardTold['labels']
  onCreate(status: TaskStatus): void
}

const NONE: ReadonlySet<number> = new Set()
const EMPTY: Record<Column, string> = {
  todo: 'Nothing is waiting to be done.',
  in_progress: 'Nobody is at work. Put a card here and choose an agent.',
  in_review: 'No result is waiting for you.',
  done: 'What you accept ends up here.',
}

export function Columns({ columns, all, open, mayWrite, view, labels, onCreate }: ColumnsProps) {
  const acts = useActs()
  const navigate = useNavigate()
  const board = useRef<HTMLDivElement>(null)
  const handles = useRef<Partial<Record<Column, ColumnHandle | null>>>({})
  const [selected, setSelected] = useState(NONE)
  const lastSelected = useRef<number | null>(null)
  const [menu, setMenu] = useState<{ card: CardTold; anchor: Element } | null>(null)
  const [asking, setAsking] = useState<{ cards: readonly CardTold[]; move: Move } | null>(null)
  // Said without drawing the board anew.
  const voice = useRef<HTMLDivElement>(null)
  const say = (text: string) => {
    if (voice.current) voice.current.textContent = text
  }

  const order = useMemo(() => COLUMNS.flatMap(({ id }) => columns[id]), [columns])
  // What a filter or somebody else has taken away is not selected any more.
  const chosen = useMemo(() => order.filter(({ id }) => selected.has(id)), [order, selected])
  const chosenIds = useMemo(() => new Set(chosen.map(({ id }) => id)), [chosen])
  const withIt = (card: CardTold) => (chosenIds.has(card.id) ? chosen : [card])

  function drop({ column, index }: Spot, moving: readonly CardTold[]) {
    if (!moving.length || isThere(columns, { column, index }, moving)) return
    const move = moveTo(columns, { column, index }, moving)
    const { position, of } = counted(columns[column], new Set(moving.map(({ id }) => id)), index)
    say(`${moving.length === 1 ? moving[0]!.key : `${moving.length} tasks`} dropped in ${labelOf(column)}, position ${position} of ${of}.`)
    if (column === 'in_progress' && moving.some((card) => columnOf(card) !== column)) setAsking({ cards: moving, move })
    else void acts.move(moving, move)
  }
  const onDrop = useEffectEvent(() => {
    const drag = letGo()
    if (drag?.over) drop(drag.over, order.filter(({ id }) => drag.ids.has(id)))
  })
  const idsWith = useEffectEvent((id: number) => (chosenIds.has(id) ? chosenIds : [id]))
  // Let go over nothing, or given up with Escape: it stays where it is.
  useEffect(
    () =>
      monitorForElements({
        onDrop({ location: { current } }) {
          const column = (current.dropTargets[0]?.element as HTMLElement | undefined)?.dataset.column as Column | undefined
          if (!column) return void letGo()
          // The last move may not have been drawn yet: what counts is where the mouse is.
          hover({ column, index: handles.current[column]!.indexAt(current.input.clientY) })
          onDrop()
        },
      }),
    [],
  )
  useEffect(() => {
    if (view || !mayWrite || !board.current) return
    const columnsOf = board.current
    let isOver = false
    const ends: Array<() => void> = []
    void touching().then(({ fingers }) => {
      if (isOver) return
      const end = fingers(columnsOf, {
        ids: (id) => idsWith(id),
        dropped: () => onDrop(),
        spotAt(x, y) {
          const column = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-column]')?.dataset.column as Column | undefined
          const index = column && handles.current[column]?.indexAt(y)
          return column && index !== undefined ? { column, index } : null
        },
      })
      ends.push(end)
    })
    void scrolling().then(({ autoScrollForElements }) => {
      if (isOver) return
      for (const element of [columnsOf, ...columnsOf.querySelectorAll<HTMLElement>('[data-column]')]) ends.push(autoScrollForElements({ element }))
    })
    return () => {
      isOver = true
      for (const end of ends) end()
    }
  }, [view, mayWrite])

  const onSelect = useEffectEvent((id: number, range: boolean) => {
    const next = new Set(chosenIds)
    const from = order.findIndex((card) => card.id === lastSelected.current)
    const to = order.findIndex((card) => card.id === id)
    if (range && from >= 0) for (const card of order.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(card.id)
    else if (!next.delete(id)) next.add(id)
    lastSelected.current = id
    setSelected(next)
  })
  const select = useCallback((id: number, range: boolean) => onSelect(id, range), [])
  const openMenu = useCallback((card: CardTold, anchor: Element) => setMenu({ card, anchor }), [])
  const clear = () => setSelected(NONE)
  useHotkey({ id: 'board.clear', keys: 'escape', label: 'Clear the selection', group: 'Board', isOff: chosen.length === 0 }, clear)

  function onKey(event: KeyboardEvent, card: CardTold, index: number) {
    if ((event.target as Element).tagName !== 'A' || event.ctrlKey || event.metaKey || event.altKey) return
    // Who drops by keys stays with the card.
    const dropAndFollow = (spot: Spot, moving: readonly CardTold[]) => {
      drop(spot, moving)
      handles.current[spot.column]?.expect(card.id)
    }
    const keyed = { columns, say, drop: dropAndFollow, show: (spot: Spot) => handles.current[spot.column]?.show(spot.index) }
    if ((mayWrite && moveByKey(event.key, withIt(card), index, keyed)) || go(event, card, index)) {
      event.preventDefault()
      event.stopPropagation()
    }
  }

  function go(event: KeyboardEvent, card: CardTold, index: number): boolean {
    const column = columnOf(card)
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        if (event.shiftKey) select(card.id, false)
        handles.current[column]?.focus(index + (event.key === 'ArrowDown' ? 1 : -1))
        return true
      case 'Home':
      case 'End':
        handles.current[column]?.focus(event.key === 'Home' ? 0 : columns[column].length - 1)
        return true
      case 'ArrowLeft':
      case 'ArrowRight': {
        const step = event.key === 'ArrowLeft' ? -1 : 1
        for (let at = COLUMNS.findIndex(({ id }) => id === column) + step; COLUMNS[at]; at += step) {
          const { id } = COLUMNS[at]!
          if (columns[id].length) return (handles.current[id]?.focus(index), true)
        }
        return true
      }
      case 'x':
        return (select(card.id, false), true)
      case 'm':
      case 's':
      case 'ContextMenu':
        return (setMenu({ card, anchor: event.currentTarget }), true)
      case 'Delete':
        return !mayWrite ? false : (void acts.delete(withIt(card)), true)
      default:
        return false
    }
  }

  function moveAll(moving: readonly CardTold[], status: Column | 'blocked') {
    const column = columnOf({ status })
    // Among all cards: what a filter hides would else end up above.
    const place = moveTo(all, { column, index: 0 }, moving)
    // What is blocked is a column of its own for the hub: at its top.
    const move: Move = status === 'blocked' ? { status, position: place.position } : { ...place, status }
    if (status === 'in_progress') setAsking({ cards: moving, move })
    else void acts.move(moving, move)
  }

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {view === 'list' ? (
        <Suspense fallback={null}>
          <ListView columns={columns} selected={chosenIds} onSelect={select} />
        </Suspense>
      ) : (
        <div ref={board} className="flex min-h-0 flex-1 snap-x snap-mandatory gap-3 overflow-x-auto p-3 md:snap-none">
          {COLUMNS.map(({ id, label }) => (
            <ColumnView
              key={id}
              ref={(handle) => {
                handles.current[id] = handle
              }}
              id={id}
              label={label}
              cards={columns[id]}
              total={all[id].length}
              empty={all[id].length ? 'None of them meets the filter.' : EMPTY[id]}
              selected={chosenIds}
              isSelecting={chosen.length > 0}
              open={open}
              mayWrite={mayWrite}
              onSelect={select}
              onMenu={openMenu}
              onCreate={() => onCreate(id)}
              onKey={onKey}
            />
          ))}
        </div>
      )}
      <p id="board-keys" hidden>
        Space lifts the card, M opens its menu, X selects it.
      </p>
      <div ref={voice} role="status" aria-live="assertive" className="sr-only" data-board-says />
      <Suspense fallback={null}>
        {chosen.length > 0 && mayWrite && (
          <SelectionBar
            cards={chosen}
            labels={labels}
            onClear={clear}
            onMove={(column) => moveAll(chosen, column)}
            onLabel={(names) => void acts.label(chosen, names)}
            onDelete={() => {
              void acts.delete(chosen)
              clear()
            }}
          />
        )}
        {menu && (
          <CardMenu
            {...menu}
            mayWrite={mayWrite}
            onClose={() => setMenu(null)}
            onOpen={() => void navigate({ to: '/tasks/$key', params: { key: menu.card.key }, search: true })}
            onSelect={() => select(menu.card.id, false)}
            onMove={(status) => moveAll(withIt(menu.card), status)}
            onPriority={(priority) => void acts.change(withIt(menu.card), { priority }).catch(toastError)}
            onAgent={() => setAsking({ cards: withIt(menu.card), move: { ...moveTo(all, { column: 'in_progress', index: 0 }, withIt(menu.card)), status: 'in_progress' } })}
            onDelete={() => void acts.delete(withIt(menu.card))}
          />
        )}
        {asking && (
          <AgentQuestion
            cards={asking.cards}
            onClose={() => {
              setAsking(null)
              handles.current.in_progress?.expect(null)
            }}
            onChoose={(agent) => {
              void acts.move(asking.cards, asking.move, agent)
              setAsking(null)
            }}
          />
        )}
      </Suspense>
    </div>
  )
}
