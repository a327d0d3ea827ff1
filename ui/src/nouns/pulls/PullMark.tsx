/** As little of a pull request as a card has room for: its sign tells the state, a second one the worst that is known of it. In words too. */
import { GitPullRequest } from 'lucide-react'
import type { CardTold } from '@/api/schema'
import { join } from '@/kit/look'
import { TONE } from '@/kit/Status'
import { factsOf, lookOf } from './PullState'

/** `pull` null: nothing is known of it but its number. */
export default function PullMark({ number, pull }: { number: number; pull: CardTold['pull'] }) {
  const state = pull && lookOf(pull)
  const worst = pull && factsOf(pull)[0]
  const Icon = state?.icon ?? GitPullRequest
  const says = [`Pull request ${pull?.number ?? number}`, state?.children.toLowerCase(), worst?.children.toLowerCase()].filter(Boolean).join(', ')
  return (
    <span title={says} className="inline-flex items-center gap-1">
      <Icon size={14} aria-hidden className={join('shrink-0', state && TONE[state.tone])} />
      <span className="sr-only">{says}: </span>#{pull?.number ?? number}
      {worst && <worst.icon size={14} aria-hidden className={join('shrink-0', TONE[worst.tone])} />}
    </span>
  )
}
