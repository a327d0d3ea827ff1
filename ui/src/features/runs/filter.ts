/** Which runs are shown, as the address says it. Pure. */
import type { RunTold } from '@/api/schema'

export const SETS = { all: 'All', active: 'At work', waiting: 'Waiting', completed: 'Completed', failed: 'Failed', cancelled: 'Stopped' } as const
export type Set = keyof typeof SETS

export interface Filter {
  state?: Exclude<Set, 'all'> | undefined
  agent?: string | undefined
  project?: number | undefined
  q?: string | undefined
}

const ACTIVE: ReadonlySet<RunTold['state']> = new Set(['pending', 'planning', 'running'])

export const isIn = (set: Set, run: Pick<RunTold, 'state'>): boolean => set === 'all' || (set === 'active' ? ACTIVE.has(run.state) : run.state === set)

/** All but the state, which the tabs count. */
export function fits(run: RunTold, { agent, project, q }: Filter): boolean {
  if (agent !== undefined && run.agent !== agent) return false
  if (project !== undefined && run.project_id !== project) return false
  return !q || `#${run.number} ${run.title} ${run.branch ?? ''} ${run.agent}`.toLowerCase().includes(q.toLowerCase())
}

export function filterOf(search: Record<string, unknown>): Filter {
  const state = search.state as Filter['state']
  return {
    state: state !== undefined && state in SETS ? state : undefined,
    agent: typeof search.agent === 'string' ? search.agent : undefined,
    project: Number.isInteger(search.project) ? (search.project as number) : undefined,
    q: search.q === undefined || search.q === '' ? undefined : String(search.q),
  }
}
