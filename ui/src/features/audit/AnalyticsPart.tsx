/** The audit counted: a chart and the same as a table; what was refused, who came with a new device, what was done at unusual hours. */
import { useQuery } from '@tanstack/react-query'
import { ChartColumn, Download } from 'lucide-react'
import { useState } from 'react'
import { ask } from '@/api/client'
import type { AuditEvent, CountTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { csvOf, download } from '@/kit/csv'
import { Select } from '@/kit/Field'
import { Time, useNow } from '@/kit/figures'
import { buttonLook, join } from '@/kit/look'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Cell, Row, Table } from '@/kit/Table'
import { bucketsBetween, BY_LABEL, EVER, queryOf, reasonOf, SINCE_LABEL } from './asked'
import { Lying } from './Lying'
import { OUTCOME } from './Outcome'
import { sumOf, Upright } from './Upright'
import { BY, SINCE, STATUSES, type By, type Search, type Since } from './search'

const USUAL = 'usual'
const HOURS = [
  { value: USUAL, label: 'Each person’s usual hours', hint: 'Of the last 30 days' },
  ...[
    [6, 20],
    [7, 19],
    [8, 18],
    [9, 17],
  ].map(([begin, end]) => ({ value: `${begin}-${end}`, label: `${begin}:00 to ${end}:00 UTC`, hint: undefined })),
]

export function AnalyticsPart({ search, onChange }: { search: Search; onChange(changes: Partial<Search>): void }) {
  const { by = 'actor', since = 'month' } = search
  const [hours, setHours] = useState(USUAL)
  const from = useNow((now) => queryOf({ since }, now).since) ?? EVER
  const [begin, end] = hours === USUAL ? [] : hours.split('-').map(Number)
  const query = { since: from, status: search.status, by, begin, end }
  const open = (event: number) => onChange({ tab: undefined, event })
  const csv = (part: string) => `/api/audit/analytics?${new URLSearchParams({ form: 'csv', part, since: from, ...(begin === undefined ? {} : { begin: String(begin), end: String(end) }) })}`
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
          <Listed title="Refused" about="The latest that was refused, and why." empty="Nothing was refused in this time." events={data.denied} csv={csv('denied')} onOpen={open} />
          <Listed title="New devices" about="What was first done from a device that was not seen with its person before." empty="No new device was seen." events={data.new_devices} csv={csv('new_devices')} onOpen={open} />
          <Listed
            title="Off hours"
            about="What people did at hours that are not theirs."
            empty="Nobody did anything off hours."
            events={data.off_hours}
            csv={csv('off_hours')}
            onOpen={open}
            actions={<Select label="Hours of work" hideLabel className="w-60" value={hours} choices={HOURS} onChange={setHours} />}
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

const COLUMNS = [{ label: 'Who' }, { label: 'Did' }, { label: 'Thing' }, { label: 'Why' }, { label: 'When' }]
const SHOWN_AT_FIRST = 10

interface ListedProps {
  title: string
  about: string
  empty: string
  events: readonly AuditEvent[]
  /** Where all of it is, as a file. */
  csv: string
  actions?: React.ReactNode
  onOpen(seq: number): void
}

function Listed({ title, about, empty, events, csv, actions, onOpen }: ListedProps) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? events : events.slice(0, SHOWN_AT_FIRST)
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-60 flex-1">
          <h2 className="text-14">{title}</h2>
          <p className="text-12 text-fg-2">{about}</p>
        </div>
        {actions}
        {events.length > 0 && (
          <a href={csv} download className={buttonLook()}>
            <Download size={16} aria-hidden />
            CSV<span className="sr-only"> of {title.toLowerCase()}</span>
          </a>
        )}
      </div>
      {events.length === 0 ? (
        <p className="rounded-8 border border-dashed border-line-strong p-4 text-center text-fg-2">{empty}</p>
      ) : (
        <Table label={`${title} as a table`} columns={COLUMNS}>
          {shown.map((event) => (
            <Row key={event.seq}>
              <Cell isHead>{event.actor ?? 'the hub'}</Cell>
              <Cell>
                <button type="button" className="min-h-6 text-left text-accent-text hover:underline" onClick={() => onOpen(event.seq)}>
                  {event.action ?? event.event_type}
                </button>
              </Cell>
              <Cell>{event.resource_id}</Cell>
              <Cell className="max-w-80 truncate text-fg-2">{reasonOf(event) ?? event.device_id}</Cell>
              <Cell className="text-fg-2">
                <Time at={event.timestamp} />
              </Cell>
            </Row>
          ))}
        </Table>
      )}
      {shown.length < events.length && (
        <Button kind="quiet" className="self-center" onPress={() => setWhole(true)}>
          Show all {events.length}
        </Button>
      )}
    </section>
  )
}
