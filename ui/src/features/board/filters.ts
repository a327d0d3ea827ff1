// What of the board is shown: filters as they stand in the address, and which cards they mean. Pure.

import type { CardTold, Priority, TaskStatus } from '@/api/schema'

export interface Filters {
  /** A project's key. */
  project?: string
  /** An agent's name; "none": of no agent. */
  agent?: string
  status?: TaskStatus
  priority?: Priority
  /** All of these. */
  label?: string[]
  /** Words in the key or title. */
  q?: string
}

export interface BoardSearch extends Filters {
  view?: 'list'
}

const STATUSES: readonly string[] = ['todo', 'in_progress', 'in_review', 'done', 'blocked'] satisfies TaskStatus[]
const PRIORITIES: readonly string[] = ['low', 'medium', 'high', 'critical'] satisfies Priority[]

/** What an address says, without what it cannot mean. */
export function readSearch(raw: Record<string, unknown>): BoardSearch {
  const text = (name: string) => (typeof raw[name] === 'string' || typeof raw[name] === 'number' ? String(raw[name]) : '') || undefined
  const labels = (Array.isArray(raw.label) ? raw.label : [raw.label]).filter((one) => typeof one === 'string' || typeof one === 'number').map(String)
  const status = text('status')
  const priority = text('priority')
  return clean({
    project: text('project'),
    agent: text('agent'),
    status: STATUSES.includes(status ?? '') ? (status as TaskStatus) : undefined,
    priority: PRIORITIES.includes(priority ?? '') ? (priority as Priority) : undefined,
    label: labels.length ? labels : undefined,
    q: text('q'),
    view: raw.view === 'list' ? 'list' : undefined,
  })
}

/** Only what says something, so that the address stays short. */
export function clean(search: { [Name in keyof BoardSearch]: BoardSearch[Name] | undefined }): BoardSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== '')) as BoardSearch
}

export function isFiltered({ agent, status, priority, label, q }: Filters): boolean {
  return Boolean(agent || status || priority || label?.length || q)
}

/** The cards that meet everything said; the project is the hub's to choose. */
export function fitting(cards: readonly CardTold[], filters: Filters): readonly CardTold[] {
  if (!isFiltered(filters)) return cards
  const words = (filters.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const labels = (filters.label ?? []).map((one) => one.toLowerCase())
  return cards.filter((card) => {
    if (filters.status && card.status !== filters.status) return false
    if (filters.priority && card.priority !== filters.priority) return false
    if (filters.agent && (card.agent ?? card.run?.agent ?? 'none') !== filters.agent) return false
    if (labels.length && !labels.every((label) => card.labels.some(({ name }) => name.toLowerCase() === label))) return false
    if (!words.length) return true
    const text = `${card.key} ${card.title}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
