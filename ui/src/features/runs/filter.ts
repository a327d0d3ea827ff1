/** Which runs are shown, as the address says it. Pure. Every page knows this address; which runs it means is told beside, in fitting.ts. */
export const SETS = { all: 'All', active: 'At work', waiting: 'Waiting', completed: 'Completed', failed: 'Failed', cancelled: 'Stopped' } as const
export type Set = keyof typeof SETS

export interface Filter {
  state?: Exclude<Set, 'all'> | undefined
  agent?: string | undefined
  project?: number | undefined
  q?: string | undefined
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
