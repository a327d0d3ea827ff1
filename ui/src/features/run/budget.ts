/** What a run may cost, told by its attempts. Pure. */
import type { AttemptTold } from '@/api/schema'

/** US dollars: what the attempts before have cost, and what is set aside for this one; null: no cap. */
export function budgetOf(attempts: ReadonlyArray<Pick<AttemptTold, 'reserved_usd' | 'cost_usd'>>): number | null {
  const latest = attempts.at(-1)
  if (latest?.reserved_usd == null) return null
  return attempts.slice(0, -1).reduce((sum, one) => sum + (one.cost_usd ?? 0), latest.reserved_usd)
}
