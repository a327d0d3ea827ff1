// What is asked of the audit, as the hub takes it, and its words. Pure.

import type { AuditEvent } from '@/api/schema'
import { beginning, type By, type Search, type Since } from './search'

export const SINCE_LABEL: Record<Since, string> = { day: 'Today', week: 'Last 7 days', month: 'Last 30 days', quarter: 'Last 90 days', ever: 'Since the beginning' }
const DAYS: Record<Exclude<Since, 'ever'>, number> = { day: 0, week: 6, month: 29, quarter: 89 }
export const BY_LABEL: Record<By, string> = { actor: 'Person', action: 'Action', agent: 'Agent', type: 'Type', project: 'Project', day: 'Day', hour: 'Hour', status: 'Status' }

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Whole days in UTC, as the hub groups them. Null: from the first on. */
export function beginningOf(since: Since, now: number): string | null {
  if (since === 'ever') return null
  return told(Math.floor(now / DAY_MS) * DAY_MS - DAYS[since] * DAY_MS)
}

/** Hours in one day, else days. */
export const stepOf = (since: Since): 'hour' | 'day' => (since === 'day' ? 'hour' : 'day')

/** From when on, and until before when. */
export function spanOf(bucket: string): { since: string; until: string } {
  const from = beginning(bucket)
  return { since: told(from), until: told(from + (bucket.length === 10 ? DAY_MS : HOUR_MS)) }
}

const BUCKETS_AT_MOST = 400

/** All hours or days from the first to the last, those without an event too, so that a chart keeps its pace; the newest if there are too many. */
export function bucketsBetween(first: string, last: string): string[] {
  const isDay = first.length === 10
  const step = isDay ? DAY_MS : HOUR_MS
  const found: string[] = []
  for (let at = beginning(last); at >= beginning(first) && found.length < BUCKETS_AT_MOST; at -= step) found.unshift(told(at).slice(0, isDay ? 10 : 13))
  return found
}

/** The last bucket that has begun. */
export const bucketAt = (now: number, step: 'hour' | 'day'): string => told(now).slice(0, step === 'day' ? 10 : 13)

const told = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

/** Sums are of the last week unless they are asked for since a time: this is before all. */
export const EVER = '1970-01-01T00:00:00Z'

/** What the hub is asked, but for the page and the bar of the histogram. */
export function queryOf({ q, type, status, person, project, since = 'month' }: Search, now: number) {
  return { q, event_type: type === undefined ? undefined : [type], status, user_id: person, project_id: project, since: beginningOf(since, now) ?? undefined }
}

export const isFiltered = ({ q, type, status, person, project, at }: Search): boolean => [q, type, status, person, project, at].some((one) => one !== undefined)

/** Why something was refused or failed, where the event tells it. */
export function reasonOf({ details }: Pick<AuditEvent, 'details'>): string | undefined {
  const reason = details.reason ?? details.why ?? details.error
  return typeof reason === 'string' && reason ? reason : undefined
}
