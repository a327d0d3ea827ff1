// What is asked for: by what, and since when. Pure.

export const BY = ['project', 'agent', 'user', 'model', 'task', 'day'] as const
export type By = (typeof BY)[number]
export const BY_LABEL: Record<By, string> = { project: 'Project', agent: 'Agent', user: 'User', model: 'Model', task: 'Task', day: 'Day' }

export const SINCE = ['day', 'week', 'month', 'quarter', 'ever'] as const
export type Since = (typeof SINCE)[number]
export const SINCE_LABEL: Record<Since, string> = { day: 'Today', week: 'Last 7 days', month: 'Last 30 days', quarter: 'Last 90 days', ever: 'Since the beginning' }
const DAYS: Record<Exclude<Since, 'ever'>, number> = { day: 0, week: 6, month: 29, quarter: 89 }

const DAY_MS = 86_400_000

/** The beginning, RFC 3339: whole days in UTC, as attempts are counted. Null: from the first on. */
export function beginningOf(since: Since, now: number): string | null {
  if (since === 'ever') return null
  return new Date(Math.floor(now / DAY_MS) * DAY_MS - DAYS[since] * DAY_MS).toISOString()
}

/** The days without any use between the first and the last, filled in so that a chart keeps its pace. At most 366. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = []
  for (let at = Date.parse(first); at <= Date.parse(last) && days.length < 366; at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10))
  return days
}
