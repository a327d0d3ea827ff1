/** The audit counted: a chart and the same as a table, who came with a device that was not seen before, and what was done off hours. */
import { useQuery } from '@tanstack/react-query'
import { ChartColumn, Download } from 'lucide-react'
import { useState } from 'react'
import { ask } from '@/api/client'
import type { AuditEvent, CountTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { csvOf, download } from '@/kit/csv'
import { Select } from '@/kit/Field'
import { Time, useNow } from '@/kit/figures'
import { join } from '@/kit/look'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Cell, Row, Table } from '@/kit/Table'
import { bucketsBetween, BY_LABEL, queryOf, SINCE_LABEL } from './asked'
import { Lying } from './Lying'
import { OUTCOME } from './Outcome'
import { sumOf, Upright } from './Upright'
import { BY, SINCE, STATUSES, type By, type Search, type Since } from './search'

const HOURS = Array.from({ length: 25 }, (_, hour) => ({ value: String(hour), label: `${hour}:00` }))

export function AnalyticsPart({ search, onChange }: { search: Search; onChange(changes: Partial<Search>): void }) {
  const { by = 'actor', since = 'month' } = search
  const [begin, setBegin] = useState('6')
  const [end, setEnd] = useState('22')
  const from = useNow((now) => queryOf({ since }, now).since)
  const query = { since: from, status: search.status, by, begin: Number(begin), end: Number(end) }
  const { data, error, refetch, isPlaceholderData } = useQuery({ ...ask('GET /api/audit/analytics', { query }), placeholderData: (before) => before, staleTime: 0 })
  const filters = (
    <div className="flex flex-wrap items-center gap-2">
      <Select label="By" hideLabel className="w-32 max-sm:flex-1" value={by} choices={BY.map((value) => ({ value, label: BY_LABEL[value] }))} onChange={(next: By) => onChange({ by: next === 'actor' ? undefined : next })} />
      <Select label="Time" hideLabel className="w-44 max-sm:flex-1" value={since} choices={SINCE.map((value) => ({ value, label: SINCE_LABEL[value] }))} onChange={(next: Since) => onChange({ since: next === 'month' ? undefined : next })} />
      <div role="group" aria-label="Which events" className="flex rounded-6 border border-line p-0.5">
        {([undefined, ...STATUSES] as const).map((one) => (
          <button key={one ?? ''} type="button" aria-pressed={search.status === one} onClick={() => onChange({ status: one })} className={join('h-7 rounded-4 px-3 font-medium pointer-coarse:h-10', search.status === one ? 'bg-accent-soft text-accent-text' : 'text-fg-2 hover:text-fg')}>
            {one ? OUTCOME[one].label : 'All'}
          </button>
        ))}
      </div>
    </div>
  )
  return (
    <div className="mx-auto flex max-w-6xl flex-col gap-6 p-4 pb-12">
      {filters}
      {error && !data ? (
        <ErrorState what="The analytics could not be read." error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton>
          <div className="h-64 rounded-8 bg-sunken" />
        </Skeleton>
      ) : (
        <div className={join('flex flex-col gap-8', isPlaceholderData && 'opacity-60')}>
          {data.counts.length === 0 ? (
            <EmptyState icon={ChartColumn} action={<Button onPress={() => onChange({ since: 'ever', status: undefined })}>Since the beginning</Button>}>
              Nothing of this kind was done in this time.
            </EmptyState>
          ) : (
            <Counts key={by} counts={data.counts} by={by} />
          )}
          <Listed title="New devices" about="What was first done from a device that its person was not seen with for 90 days." empty="No new device was seen." events={data.new_devices} onOpen={(event) => onChange({ tab: undefined, event })} />
          <Listed
            title="Off hours"
            about="What people did outside of these hours of the day (UTC)."
            empty="Nobody did anything outside of these hours."
            events={data.off_hours}
            onOpen={(event) => onChange({ tab: undefined, event })}
            actions={
              <>
                <Select label="Hours begin at" hideLabel className="w-24" value={begin} choices={HOURS.slice(0, 24)} onChange={setBegin} />
                <Select label="Hours end at" hideLabel className="w-24" value={end} choices={HOURS.slice(1)} onChange={setEnd} />
              </>
            }
          />
        </div>
      )}
    </div>
  )
}

function Counts({ counts, by }: { counts: readonly CountTold[]; by: By }) {
  const label = `Events by ${BY_LABEL[by].toLowerCase()}`
  const isTime = by === 'day' || by === 'hour'
  const columns = [{ label: BY_LABEL[by] }, ...STATUSES.map((status) => ({ label: OUTCOME[status].label, isNumber: true })), { label: 'All', isNumber: true }]
  const rows = counts.map((one) => [one.name, ...STATUSES.map((status) => one[status]), sumOf(one)])
  return (
    <section aria-label={label} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="flex-1 text-14">{label}</h2>
        <Legend />
        <Button icon={Download} onPress={() => download(`audit-by-${by}.csv`, csvOf([by, ...STATUSES, 'all'], rows))}>
          CSV
        </Button>
      </div>
      {isTime ? <Upright label={label} buckets={bucketsBetween(counts[0]!.name, counts.at(-1)!.name)} counts={counts} height={160} /> : <Lying label={label} counts={counts} />}
      <Table label={`${label} as a table`} columns={columns} width="min-w-100">
        {counts.map((one) => (
          <Row key={one.name}>
            <Cell isHead className="max-w-72 truncate">
              {one.name || '—'}
            </Cell>
            {STATUSES.map((status) => (
              <Cell key={status} isNumber>
                {one[status].toLocaleString('en')}
              </Cell>
            ))}
            <Cell isNumber>{sumOf(one).toLocaleString('en')}</Cell>
          </Row>
        ))}
      </Table>
    </section>
  )
}

function Legend() {
  return (
    <ul aria-label="Colours" className="flex gap-3 text-12 text-fg-2">
      {STATUSES.map((status) => (
        <li key={status} className="flex items-center gap-1.5">
          <svg aria-hidden width="10" height="10">
            <rect width="10" height="10" rx="2" className={OUTCOME[status].fill} />
          </svg>
          {OUTCOME[status].label}
        </li>
      ))}
    </ul>
  )
}

const COLUMNS = [{ label: 'Who' }, { label: 'Did' }, { label: 'Thing' }, { label: 'Device' }, { label: 'When' }]

interface ListedProps {
  title: string
  about: string
  empty: string
  events: readonly AuditEvent[]
  actions?: React.ReactNode
  onOpen(seq: number): void
}

function Listed({ title, about, empty, events, actions, onOpen }: ListedProps) {
  const save = () => download(`audit-${title.toLowerCase().replace(' ', '-')}.csv`, csvOf(['seq', 'timestamp', 'actor', 'action', 'resource', 'device'], events.map((one) => [one.seq, one.timestamp, one.actor, one.action, one.resource_id, one.device_id])))
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-60 flex-1">
          <h2 className="text-14">{title}</h2>
          <p className="text-12 text-fg-2">{about}</p>
        </div>
        {actions}
        {events.length > 0 && (
          <Button icon={Download} aria-label={`${title} as CSV`} onPress={save}>
            CSV
          </Button>
        )}
      </div>
      {events.length === 0 ? (
        <p className="rounded-8 border border-dashed border-line-strong p-4 text-center text-fg-2">{empty}</p>
      ) : (
        <Table label={title} columns={COLUMNS}>
          {events.map((event) => (
            <Row key={event.seq}>
              <Cell isHead>{event.actor ?? 'the hub'}</Cell>
              <Cell>
                <button type="button" className="min-h-6 text-accent-text hover:underline" onClick={() => onOpen(event.seq)}>
                  {event.action ?? event.event_type}
                </button>
              </Cell>
              <Cell>{event.resource_id}</Cell>
              <Cell>{event.device_id}</Cell>
              <Cell className="text-fg-2">
                <Time at={event.timestamp} />
              </Cell>
            </Row>
          ))}
        </Table>
      )}
    </section>
  )
}
