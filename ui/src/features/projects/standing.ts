// How projects stand, counted from the board's cards. Pure.

import type { CardTold, ProjectTold } from '@/api/schema'

export interface Standing {
  open: number
  running: number
  needsYou: number
  /** Tasks done on each of the last days, today last. */
  finished: number[]
}

export const DAYS = 14
const DAY_MS = 86_400_000
const ASKS: ReadonlySet<string | null> = new Set(['approval', 'question', 'review'])

export function standings(cards: readonly CardTold[], now: number): Map<number, Standing> {
  const found = new Map<number, Standing>()
  for (const card of cards) {
    let one = found.get(card.project_id)
    if (!one) found.set(card.project_id, (one = nothing()))
    if (card.status !== 'done') one.open++
    else {
      const ago = Math.floor((now - Date.parse(card.updated_at)) / DAY_MS)
      if (ago >= 0 && ago < DAYS) one.finished[DAYS - 1 - ago]!++
    }
    if (card.run?.state === 'running' || card.run?.state === 'planning') one.running++
    if (card.status === 'in_review' || (card.run?.state === 'waiting' && ASKS.has(card.run.wait_reason))) one.needsYou++
  }
  return found
}

export const nothing = (): Standing => ({ open: 0, running: 0, needsYou: 0, finished: Array<number>(DAYS).fill(0) })

/** "Billing portal" as "BILLING"; what the hub takes as a key. */
export function keyFor(name: string): string {
  const word = name.normalize('NFKD').toUpperCase().replace(/[^A-Z0-9 _-]/g, '').split(/[ _-]+/).filter(Boolean)
  const key = word.length > 2 ? word.map((one) => one[0]).join('') : (word[0] ?? '')
  return key.replace(/^[^A-Z]+/, '').slice(0, 10)
}

/** For people: as GitHub names it, or where it is. */
export const repositoryOf = ({ github_repo_owner: owner, github_repo_name: name, github_repo_url: url }: ProjectTold): string => (owner && name ? `${owner}/${name}` : (url ?? 'No repository yet'))
