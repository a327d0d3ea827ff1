// What is asked of the audit, as the address has it. Small: the address is read before the page is fetched. Pure.

export const TABS = ['events', 'analytics', 'chain'] as const
export type TabName = (typeof TABS)[number]

export const SINCE = ['day', 'week', 'month', 'quarter', 'ever'] as const
export type Since = (typeof SINCE)[number]

export const STATUSES = ['success', 'denied', 'failure'] as const
export type Status = (typeof STATUSES)[number]

export const BY = ['actor', 'action', 'agent', 'type', 'project', 'day', 'hour', 'status'] as const
export type By = (typeof BY)[number]

export interface Search {
  tab?: TabName | undefined
  q?: string | undefined
  type?: string | undefined
  status?: Status | undefined
  person?: string | undefined
  project?: number | undefined
  since?: Since | undefined
  /** One bar of the histogram: a day, or an hour of one. */
  at?: string | undefined
  /** The event that is open. */
  event?: number | undefined
  by?: By | undefined
}

const BUCKET = /^\d{4}-\d\d-\d\d(T\d\d)?$/

export const isBucket = (text: unknown): text is string => typeof text === 'string' && BUCKET.test(text) && !Number.isNaN(beginning(text))

/** Milliseconds since 1970. */
export const beginning = (bucket: string): number => Date.parse(bucket.length === 10 ? `${bucket}T00:00:00Z` : `${bucket}:00:00Z`)

/** Whatever an address may say, as what may be asked. */
export function readSearch({ tab, q, type, status, person, project, since, at, event, by }: Record<string, unknown>): Search {
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)
  const whole = (value: unknown) => (Number.isInteger(value) ? Number(value) : undefined)
  return {
    tab: TABS.find((one) => one === tab),
    q: text(q),
    type: text(type),
    status: STATUSES.find((one) => one === status),
    person: text(person),
    project: whole(project),
    since: SINCE.find((one) => one === since),
    at: isBucket(at) ? at : undefined,
    event: whole(event),
    by: BY.find((one) => one === by),
  }
}
