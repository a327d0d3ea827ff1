/** One line of code: coloured, its changed words marked, and nothing in it hidden. It is text, whatever it says. */
import { memo } from 'react'
import { hiddenIn, Sign } from '@/kit/Visible'
import { join } from '@/kit/look'
import { paint, type Paint } from './paint'
import type { Span } from './words'

const MARKS = { added: 'bg-[light-dark(oklch(0.89_0.1_152),oklch(0.38_0.085_152))]', deleted: 'bg-[light-dark(oklch(0.89_0.07_26),oklch(0.4_0.1_24))]' }
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
    const isMarked = tone !== 'same' && at(marks, from) !== undefined
    // The pale colour of comments is too pale on a mark.
    const look = join(colour && (isMarked && colour.paint === 'comment' ? 'text-fg-2' : PAINTS[colour.paint]), isMarked && join('rounded-[2px]', MARKS[tone]))
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
