/** What stands in the inbox, in order: what stops an agent first. Pure. */
import type { InboxEntry, RunTold } from '@/api/schema'
import { needId, type Needs } from '@/nouns/needs'

export type Item = { id: string } & ({ kind: 'question'; question: InboxEntry } | { kind: 'review' | 'money' | 'failed'; run: RunTold })

export interface Group {
  title: string
  items: Item[]
}

const FAILED_AT_MOST = 20
const FAILED_SINCE_MS = 7 * 86_400_000

export function groupsOf(needs: Needs, runs: readonly RunTold[], now: number): Group[] {
  const of = (kind: 'review' | 'money' | 'failed') => (run: RunTold): Item => ({ id: needId(kind, run), kind, run })
  const failed = runs.filter((run) => run.state === 'failed' && now - Date.parse(run.ended_at ?? run.created_at) < FAILED_SINCE_MS).slice(0, FAILED_AT_MOST)
  return [
    { title: 'Questions', items: needs.questions.map((question): Item => ({ id: question.id, kind: 'question', question })) },
    { title: 'Budget or quota used up', items: needs.money.map(of('money')) },
    { title: 'Waiting for your review', items: needs.reviews.map(of('review')) },
    { title: 'Failed in the last week', items: failed.map(of('failed')) },
  ].filter((group) => group.items.length > 0)
}

/** What is shown now, and what is put off. */
export function parted(groups: readonly Group[], until: Readonly<Record<string, number>>, now: number): { shown: Group[]; later: Item[] } {
  const isLater = (item: Item) => (until[item.id] ?? 0) > now
  const shown = groups.map((group) => ({ ...group, items: group.items.filter((item) => !isLater(item)) })).filter((group) => group.items.length > 0)
  return { shown, later: groups.flatMap((group) => group.items.filter(isLater)) }
}
