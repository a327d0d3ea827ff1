/** Which runs filters mean. Pure. */
import type { RunTold } from '@/api/schema'
import type { Filter, Set } from './filter'

const ACTIVE: ReadonlySet<RunTold['state']> = new Set(['pending', 'planning', 'running'])

export const isIn = (set: Set, run: Pick<RunTold, 'state'>): boolean => set === 'all' || (set === 'active' ? ACTIVE.has(run.state) : run.state === set)

/** All but the state, which the tabs count. */
export function fits(run: RunTold, { agent, project, q }: Filter): boolean {
  if (agent !== undefined && run.agent !== agent) return false
  if (project !== undefined && run.project_id !== project) return false
  return !q || `#${run.number} ${run.title} ${run.branch ?? ''} ${run.agent}`.toLowerCase().includes(q.toLowerCase())
}
