/** Small sentences about what an agent wants and does. Pure. */
import type { Act } from '@/api/schema'

/** "npm test", "src/a.ts and 2 more", "example.org": what it is about, on one line. */
export function compact(act: Act): string {
  if (act.command) return act.command
  const things = act.paths?.length ? act.paths : (act.hosts ?? [])
  return things.length > 1 ? `${things[0]} and ${things.length - 1} more` : (things[0] ?? '')
}

/** "3 files", "1 file". */
export const many = (count: number, one: string, more = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : more}`
