/** One line of code: coloured, its changed words marked, and nothing in it hidden. It is text, whatever it says. */
import { memo } from 'react'
import { hiddenIn, Sign } from '@/kit/Visible'
import { join } from '@/kit/look'
import { paint, type Paint } from './paint'
import type { Span } from './words'

const PAINTS: Record<Paint, string> = { comment: 'text-fg-3', string: 'text-info', number: 'text-info', word: 'text-run' }

export interface CodeProps {
  path: string
  text: string
  /** Words that differ from the line on the other side, and on which side this one is. */
  marks?: readonly Span[]
  tone?: 'added' | 'deleted' | 'same'
}

export const Code = memo(function Code({ path, text, marks = [], tone = 'same' }: CodeProps) {
  const painted = paint(path, text)
  const hidden = hiddenIn(text)
  if (!painted.length && !hidden.length && !marks.length) return text
  const ends = [...new Set([0, text.length, ...[...painted, ...hidden, ...marks].flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b)
  const at = <S extends Span>(spans: readonly S[], place: number) => spans.find(({ from, to }) => from <= place && place < to)
  return ends.slice(0, -1).map((from, index) => {
    const sign = at(hidden, from)?.sign
    if (sign) return <Sign key={from}>{sign}</Sign>
    const colour = at(painted, from)
    const look = join(
      colour && PAINTS[colour.paint],
      at(marks, from) && join('rounded-[2px]', tone === 'added' ? 'bg-[color-mix(in_oklch,var(--ok)_26%,transparent)]' : 'bg-[color-mix(in_oklch,var(--bad)_22%,transparent)]'),
    )
    const piece = text.slice(from, ends[index + 1])
    return look ? (
      <span key={from} className={look}>
        {piece}
      </span>
    ) : (
      piece
    )
  })
})
