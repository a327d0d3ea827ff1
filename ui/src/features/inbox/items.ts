/** What stands in the inbox, in order: what stops an agent first. Pure. */
import type { InboxEntry, InboxPull, InboxRun } from '@/api/schema'
import { needId, pullNeedId, type Needs } from '@/nouns/needs'

export type Item = { id: string } & ({ kind: 'question'; question: InboxEntry } | { kind: 'pull'; pull: InboxPull } | { kind: 'review' | 'money' | 'failed'; run: InboxRun })

export interface Group {
  title: string
  items: Item[]
}

export function groupsOf({ questions, money, reviews, pulls, failed }: Needs): Group[] {
  const of = (kind: 'review' | 'money' | 'failed') => (run: InboxRun): Item => ({ id: needId(kind, run), kind, run })
  return [
    { title: 'Questions', items: questions.map((question): Item => ({ id: question.id, kind: 'question', question })) },
    { title: 'Budget or quota used up', items: money.map(of('money')) },
    { title: 'Waiting for your review', items: reviews.map(of('review')) },
    { title: 'Pull requests', items: pulls.map((pull): Item => ({ id: pullNeedId(pull), kind: 'pull', pull })) },
    { title: 'Failed in the last week', items: failed.map(of('failed')) },
  ].filter((group) => group.items.length > 0)
}

/** What is shown now, and what is put off. */
export function parted(groups: readonly Group[], until: Readonly<Record<string, number>>, now: number): { shown: Group[]; later: Item[] } {
  const isLater = (item: Item) => (until[item.id] ?? 0) > now
  const shown = groups.map((group) => ({ ...group, items: group.items.filter((item) => !isLater(item)) })).filter((group) => group.items.length > 0)
  return { shown, later: groups.flatMap((group) => group.items.filter(isLater)) }
}
