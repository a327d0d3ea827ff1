/** One event with all that is kept of it, and how it hangs in the chain: the row before, whose hash it carries, and the row after. */
import { useQuery } from '@tanstack/react-query'
import { ArrowDown, ArrowUp, Link2, Unlink, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiError, ask } from '@/api/client'
import type { AuditEvent } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Copy } from '@/kit/Copy'
import { exact } from '@/kit/exact'
import { ErrorState, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { reasonOf } from './asked'
import { Outcome } from './Outcome'
import type { Search } from './search'

const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'long' })

export interface DetailProps {
  seq: number
  /** It, if it stands in the list. */
  known: AuditEvent | undefined
  onOpen(seq: number | undefined): void
  onFilter(changes: Partial<Search>): void
}

/** The event of a number: the newest that is below the next one. */
const one = (seq: number) => ask('GET /api/audit', { query: { before: seq + 1, limit: 1 } })

export function Detail({ seq, known, onOpen, onFilter }: DetailProps) {
  const { data, error, refetch } = useQuery({ ...one(seq), enabled: known === undefined })
  const event = known ?? data?.events.find((found) => found.seq === seq)
  if (event) return <Shown event={event} onOpen={onOpen} onFilter={onFilter} />
  if (error ?? data) return <ErrorState what={`Event ${seq} could not be read.`} error={error ?? new ApiError(404, 'There is none of that number, or it was cut from the chain.')} onRetry={() => void refetch()} />
  return (
    <div className="p-4">
      <Skeleton rows={6} />
    </div>
  )
}

function Shown({ event, onOpen, onFilter }: { event: AuditEvent; onOpen(seq: number | undefined): void; onFilter(changes: Partial<Search>): void }) {
  const details = Object.entries(event.details)
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const reason = reasonOf(event)
  return (
    <div className="flex flex-col gap-4 lg:p-4">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 className="text-14 break-words">{event.action ?? event.event_type}</h2>
          <p className="text-12 text-fg-2">{absolute.format(new Date(event.timestamp))}</p>
        </div>
        <Outcome status={event.status} bare={false} />
        <span className="max-lg:hidden">
          <IconButton name="Close" icon={X} onPress={() => onOpen(undefined)} />
        </span>
      </div>
      {reason && <p className="rounded-6 bg-sunken px-3 py-2 break-words">{exact(reason)}</p>}
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        <Fact name="Who">
          {event.user_id ? <Only name={event.actor ?? event.user_id} onChoose={() => onFilter({ person: event.user_id ?? undefined })} /> : (event.actor ?? 'the hub')}
        </Fact>
        <Fact name="Type">
          <Only name={event.event_type} onChoose={() => onFilter({ type: event.event_type })} />
        </Fact>
        {event.resource_type && (
          <Fact name="Thing">
            {event.resource_type} {event.resource_id}
          </Fact>
        )}
        {event.project_id !== null && <Fact name="Project">
            <Only name={projects.find(({ id }) => id === event.project_id)?.key ?? `Project ${event.project_id}`} onChoose={() => onFilter({ project: event.project_id ?? undefined })} />
          </Fact>}
        {event.device_id && <Fact name="Device">{event.device_id}</Fact>}
        {event.session_id && (
          <Fact name="Session">
            <code className="text-12 break-all">{event.session_id}</code>
          </Fact>
        )}
        <Fact name="Event">
          <code className="text-12 break-all">{event.event_id}</code>
        </Fact>
      </dl>
      {details.length > 0 && (
        <section aria-label="What the event told">
          <h3 className="mb-1 text-12 font-medium text-fg-2">What it told</h3>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
          <pre tabIndex={0} role="region" aria-label="Details" className="max-h-72 overflow-auto rounded-6 border border-line bg-sunken px-3 py-2 text-12 leading-5 whitespace-pre-wrap break-all">
            {exact(JSON.stringify(event.details, null, 2))}
          </pre>
        </section>
      )}
      <Joint event={event} onOpen={onOpen} />
    </div>
  )
}

/** Chosen, the list shows only what has it too. */
function Only({ name, onChoose }: { name: string; onChoose(): void }) {
  return (
    <button type="button" title="Show only these" className="min-h-6 text-left text-accent-text hover:underline" onClick={onChoose}>
      {name}
    </button>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-fg-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

function Joint({ event, onOpen }: { event: AuditEvent; onOpen(seq: number): void }) {
  const { data } = useQuery({ ...one(event.seq - 1), enabled: event.seq > 1 })
  const before = data?.events.find(({ seq }) => seq === event.seq - 1)
  return (
    <section aria-label="In the chain" className="flex flex-col gap-2 border-t border-line pt-3">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="flex-1 text-12 font-medium text-fg-2">Row {event.seq.toLocaleString('en')} of the chain</h3>
        {before && (
          <Status bare icon={before.hash === event.previous ? Link2 : Unlink} tone={before.hash === event.previous ? 'ok' : 'bad'}>
            {before.hash === event.previous ? `Follows row ${before.seq}` : `Does not follow row ${before.seq}`}
          </Status>
        )}
      </div>
      <Hash name="The row before" hash={event.previous} />
      <Hash name="This row" hash={event.hash} />
      <div className="flex gap-2">
        <Button icon={ArrowDown} isDisabled={event.seq <= 1} onPress={() => onOpen(event.seq - 1)}>
          Row before
        </Button>
        <Button icon={ArrowUp} onPress={() => onOpen(event.seq + 1)}>
          Row after
        </Button>
      </div>
    </section>
  )
}

function Hash({ name, hash }: { name: string; hash: string }) {
  return (
    <div className="flex items-center gap-2 rounded-6 border border-line bg-sunken pl-3">
      <div className="min-w-0 flex-1 py-1">
        <p className="text-12 text-fg-2">{name}</p>
        <code className="block text-12 break-all">{hash}</code>
      </div>
      <Copy text={hash} name={`Copy the hash of ${name.toLowerCase()}`} />
    </div>
  )
}
