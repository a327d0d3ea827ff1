/** As little of a pull request as a card has room for: its sign tells the state, a second one the worst that is known of it. In words too. */
import type { CardTold } from '@/api/schema'
import { join } from '@/kit/look'
import { TONE } from '@/kit/Status'
import { factsOf, lookOf } from './PullState'

export default function PullMark({ pull }: { pull: NonNullable<CardTold['pull']> }) {
  const state = lookOf(pull)
  const [worst] = factsOf(pull)
  const says = `Pull request ${pull.number}, ${[state, worst].map((one) => one?.children.toLowerCase()).filter(Boolean).join(', ')}`
  return (
    <span title={says} className="inline-flex items-center gap-1">
      <state.icon size={14} aria-hidden className={join('shrink-0', TONE[state.tone])} />
      <span className="sr-only">{says}: </span>#{pull.number}
      {worst && <worst.icon size={14} aria-hidden className={join('shrink-0', TONE[worst.tone])} />}
    </span>
  )
}
