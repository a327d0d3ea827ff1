/** What was done, newest first: where in time, then row by row; beside it the one that is open. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { FilterX, RotateCw, ScrollText } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ask, call } from '@/api/client'
import type { AuditEvent } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Time, useNow } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { join } from '@/kit/look'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { useIsWide } from '@/kit/wide'
import { bucketAt, bucketsBetween, EVER, isFiltered, queryOf, spanOf, stepOf } from './asked'
import { Detail } from './Detail'
import { Outcome } from './Outcome'
import { QueryBar } from './QueryBar'
import { Upright } from './Upright'
import type { Search } from './search'

const PAGE = 200
const ROW = 44
const GROUP = 'Audit'

export interface EventsProps {
  search: Search
  onChange(changes: Partial<Search>): void
}

export function Events({ search, onChange }: EventsProps) {
  const isWide = useIsWide()
  const asked = useNow((now) => JSON.stringify(queryOf(search, now)))
  const query = JSON.parse(asked) as ReturnType<typeof queryOf>
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetching, isPlaceholderData } = useInfiniteQuery({
    queryKey: ['GET /api/audit', { ...query, at: search.at }],
    queryFn: ({ pageParam, signal }) => call('GET /api/audit', { query: { ...query, ...(search.at && spanOf(search.at)), before: pageParam, limit: PAGE }, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  const events = data?.pages.flatMap((page) => page.events)
  const open = search.event
  const detail = open !== undefined && <Detail key={open} seq={open} known={events?.find(({ seq }) => seq === open)} onOpen={(event) => onChange({ event })} onFilter={onChange} />
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-col gap-3 border-b border-line bg-surface px-4 py-3">
        <div className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <QueryBar search={search} since={query.since} onChange={onChange} />
          </div>
          <IconButton name="Read anew" icon={RotateCw} isDisabled={isFetching} onPress={() => void refetch()} />
        </div>
        <Histogram search={search} query={query} onChoose={(at) => onChange({ at })} />
      </div>
      <div className="flex min-h-0 flex-1">
        <div className={join('flex min-w-0 flex-1 flex-col max-md:min-h-80', isPlaceholderData && 'opacity-60')}>
          {error && !events ? (
            <ErrorState what="The audit could not be read." error={error} onRetry={() => void refetch()} />
          ) : !events ? (
            <div className="p-4">
              <Skeleton rows={8} />
            </div>
          ) : events.length === 0 ? (
            isFiltered(search) || search.since !== undefined ? (
              <EmptyState icon={FilterX} action={<Button onPress={() => onChange({ q: undefined, type: undefined, status: undefined, person: undefined, project: undefined, at: undefined, since: 'ever' })}>Show everything</Button>}>
                Nothing fits what is asked for.
              </EmptyState>
            ) : (
              <EmptyState icon={ScrollText} action={<Button onPress={() => onChange({ since: 'ever' })}>Since the beginning</Button>}>
                Nothing was done in this time.
              </EmptyState>
            )
          ) : (
            <Rows events={events} open={open} onOpen={(event) => onChange({ event })} onEnd={hasNextPage && !isFetching ? () => void fetchNextPage() : null} />
          )}
        </div>
        {detail &&
          (isWide ? (
            <aside aria-label="The event" className="w-108 shrink-0 overflow-y-auto border-l border-line bg-surface">
              {detail}
            </aside>
          ) : (
            <Dialog place="side" title={`Event ${open}`} isOpen onClose={() => onChange({ event: undefined })}>
              {detail}
            </Dialog>
          ))}
      </div>
    </div>
  )
}

function Histogram({ search, query, onChoose }: { search: Search; query: ReturnType<typeof queryOf>; onChoose(at: string | undefined): void }) {
  const step = stepOf(search.since ?? 'month')
  const last = useNow((now) => bucketAt(now, step))
  const { data } = useQuery({ ...ask('GET /api/audit/analytics', { query: { ...query, since: query.since ?? EVER, by: step } }), placeholderData: (before) => before, staleTime: 0 })
  if (!data) return <div className="h-28 rounded-8 bg-sunken" />
  const first = query.since ? bucketAt(Date.parse(query.since), step) : (data.counts[0]?.name ?? last)
  return <Upright label={step === 'hour' ? 'Events by hour' : 'Events by day'} buckets={bucketsBetween(first, last)} counts={data.counts} height={56} chosen={search.at} onChoose={onChoose} />
}

interface RowsProps {
  events: readonly AuditEvent[]
  open: number | undefined
  onOpen(seq: number | undefined): void
  onEnd: (() => void) | null
}

function Rows({ events, open, onOpen, onEnd }: RowsProps) {
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const virtual = useVirtualizer({ count: events.length, getScrollElement: () => box.current, getItemKey: (index) => events[index]!.seq, estimateSize: () => ROW, overscan: 12 })
  const items = virtual.getVirtualItems()
  const isAtEnd = (items.at(-1)?.index ?? 0) >= events.length - 1
  useEffect(() => {
    if (isAtEnd) onEnd?.()
  }, [isAtEnd, onEnd])
  const move = (by: number) => {
    const next = Math.max(0, Math.min(events.length - 1, at + by))
    setAt(next)
    virtual.scrollToIndex(next)
    if (open !== undefined) onOpen(events[next]!.seq)
  }
  useEffect(() => setAt((now) => Math.max(0, Math.min(now, events.length - 1))), [events.length])
  useHotkey({ id: 'audit.next', keys: 'j', label: 'Next', group: GROUP }, () => move(1))
  useHotkey({ id: 'audit.previous', keys: 'k', label: 'Previous', group: GROUP }, () => move(-1))
  useHotkey({ id: 'audit.open', keys: 'o', label: 'Open', group: GROUP }, () => onOpen(events[at]?.seq))
  useHotkey({ id: 'audit.close', keys: 'escape', label: 'Close the event', group: GROUP, isOff: open === undefined }, () => onOpen(undefined))
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-y-auto">
      <ul aria-label="Events" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const event = events[index]!
          return (
            <li key={key} data-index={index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${start}px)` }}>
              <EventRow
                event={event}
                isOpen={event.seq === open}
                isCurrent={index === at}
                onOpen={() => {
                  setAt(index)
                  onOpen(event.seq === open ? undefined : event.seq)
                }}
              />
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function EventRow({ event, isOpen, isCurrent, onOpen }: { event: AuditEvent; isOpen: boolean; isCurrent: boolean; onOpen(): void }) {
  return (
    <button
      type="button"
      aria-pressed={isOpen}
      onClick={onOpen}
      className={join('flex min-h-11 w-full items-center gap-x-4 border-b border-l-2 border-b-line px-4 py-1 text-left outline-offset-[-2px] hover:bg-hover', isOpen ? 'bg-accent-soft' : isCurrent && 'bg-surface', isCurrent ? 'border-l-accent' : 'border-l-transparent')}
    >
      <span className="w-20 shrink-0">
        <Outcome status={event.status} />
      </span>
      <span className="w-32 shrink-0 truncate font-medium max-sm:hidden">{event.actor ?? 'the hub'}</span>
      <span className="min-w-0 flex-1">
        <span className="block truncate">
          <span className="font-medium sm:hidden">{event.actor ?? 'the hub'} </span>
          {event.action ?? event.event_type}
          {event.resource_id && <span className="text-fg-2"> {event.resource_id}</span>}
        </span>
        <code className="block truncate text-12 text-fg-3 sm:hidden">{event.event_type}</code>
      </span>
      <code className="w-40 shrink-0 truncate text-12 text-fg-2 max-lg:hidden">{event.event_type}</code>
      <span className="w-24 shrink-0 text-right text-12 text-fg-2">
        <Time at={event.timestamp} />
      </span>
    </button>
  )
}
