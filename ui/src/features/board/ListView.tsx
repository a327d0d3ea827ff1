/** The same tasks as rows, of all columns one below the other. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import type { CardTold } from '@/api/schema'
import { Time } from '@/kit/figures'
import { join } from '@/kit/look'
import { Label } from '@/nouns/Label'
import { Person } from '@/nouns/Person'
import { RunState } from '@/nouns/RunState'
import { TaskPriority, TaskStatus } from '@/nouns/TaskStatus'
import { standingOf, type CardProps } from './Card'
import { COLUMNS, type Columns } from './columns'

export interface ListViewProps extends Pick<CardProps, 'onSelect'> {
  columns: Columns
  selected: ReadonlySet<number>
}

const ROW_PX = 44
const OVERSCAN = 10
const GRID = 'grid items-center gap-3 px-4 grid-cols-[1.5rem_5.5rem_minmax(0,1fr)] md:grid-cols-[1.5rem_5.5rem_minmax(12rem,1fr)_7rem_6rem_8rem_7rem_6rem]'

export function ListView({ columns, selected, onSelect }: ListViewProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const rows = COLUMNS.flatMap(({ id }) => columns[id])
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: OVERSCAN, getItemKey: (index) => rows[index]!.id })
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1}>
      <div role="table" aria-label="Tasks" aria-rowcount={rows.length + 1}>
        <div role="row" className={join(GRID, 'sticky top-0 z-1 h-9 border-b border-line bg-surface text-12 font-medium text-fg-3')}>
          <span role="columnheader">
            <span className="sr-only">Selected</span>
          </span>
          <span role="columnheader">Key</span>
          <span role="columnheader">Title</span>
          {['Status', 'Priority', 'Run', 'Agent', 'Changed'].map((name) => (
            <span role="columnheader" key={name} className="max-md:hidden">
              {name}
            </span>
          ))}
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => (
            <Row key={item.key} card={rows[item.index]!} index={item.index} top={item.start} isSelected={selected.has(rows[item.index]!.id)} onSelect={onSelect} />
          ))}
        </div>
      </div>
    </div>
  )
}

function Row({ card, index, top, isSelected, onSelect }: { card: CardTold; index: number; top: number; isSelected: boolean } & Pick<CardProps, 'onSelect'>) {
  return (
    <div role="row" aria-rowindex={index + 2} className={join(GRID, 'absolute inset-x-0 top-0 h-11 border-b border-line hover:bg-hover', isSelected && 'bg-accent-soft')} style={{ transform: `translateY(${top}px)` }}>
      <span role="cell" className="flex">
        <input
          type="checkbox"
          aria-label={`Select ${card.key}`}
          className="size-4 accent-accent pointer-coarse:size-6"
          checked={isSelected}
          onChange={(event) => onSelect(card.id, (event.nativeEvent as MouseEvent).shiftKey)}
        />
      </span>
      <span role="cell" className="truncate text-12 font-medium text-fg-3 tabular-nums">
        {card.key}
      </span>
      <span role="cell" className="flex min-w-0 items-center gap-2">
        <Link to="/tasks/$key" params={{ key: card.key }} search={true} className="min-w-0 truncate py-2.5 font-medium hover:underline">
          {card.title}
        </Link>
        <span className="flex shrink-0 gap-1 max-lg:hidden">
          {card.labels.slice(0, 3).map((one) => (
            <Label key={one.name} {...one} />
          ))}
        </span>
      </span>
      <span role="cell" className="max-md:hidden">
        <TaskStatus bare status={card.status} />
      </span>
      <span role="cell" className="max-md:hidden">
        <TaskPriority priority={card.priority} />
      </span>
      <span role="cell" className="truncate max-md:hidden">
        {card.run && <RunState bare run={standingOf(card.run)} />}
      </span>
      <span role="cell" className="flex min-w-0 items-center gap-1.5 text-12 text-fg-2 max-md:hidden">
        {card.assignee && <Person name={card.assignee} />}
        <span className="truncate">{card.run?.agent ?? card.agent}</span>
      </span>
      <span role="cell" className="text-12 text-fg-3 max-md:hidden">
        <Time at={card.updated_at} />
      </span>
    </div>
  )
}
