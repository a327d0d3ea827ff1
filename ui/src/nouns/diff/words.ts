// Which words of a changed line are otherwise than in the line that stood there before. Above: lines. Below: nothing.

export interface Span {
  from: number
  to: number
}
export type Marks = readonly [before: Span[], after: Span[]]

const NONE: Marks = [[], []]
const CHARACTERS_AT_MOST = 1_000
const STEPS_AT_MOST = 40_000
/** Below this share of common characters the lines have little to do with each other, and marks would only be noise. */
const ALIKE_AT_LEAST = 0.35

const kept = new WeakMap<object, Marks>()

/** As `changes`, once for each pair. */
export function marksOf(before: { text: string }, after: { text: string }): Marks {
  const known = kept.get(after)
  if (known) return known
  const marks = changes(before.text, after.text)
  kept.set(after, marks)
  return marks
}

/** Spans of both lines that the other one does not have; none where the lines are not alike enough. Takes at most about a millisecond. */
export function changes(before: string, after: string): Marks {
  if (before === after || before.length > CHARACTERS_AT_MOST || after.length > CHARACTERS_AT_MOST) return NONE
  const [a, b] = [tokens(before), tokens(after)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  const [middleA, middleB] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)]
  const [ofA, ofB] = common(middleA, middleB)
  const same = [...a.slice(0, head), ...a.slice(a.length - tail), ...middleA.filter((_, at) => ofA.has(at))].join('').trim().length
  if (same < ALIKE_AT_LEAST * Math.max(before.trim().length, after.trim().length)) return NONE
  return [spans(a, head, middleA.length, ofA), spans(b, head, middleB.length, ofB)]
}

const tokens = (text: string): string[] => text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? []

/** The longest common subsequence, as places in both. */
function common(a: string[], b: string[]): [Set<number>, Set<number>] {
  const [inA, inB] = [new Set<number>(), new Set<number>()]
  if (!a.length || !b.length || a.length * b.length > STEPS_AT_MOST) return [inA, inB]
  const width = b.length + 1
  const longest = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!)
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      inA.add(i++)
      inB.add(j++)
    } else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++
    else j++
  }
  return [inA, inB]
}

/** The middle's tokens that are not common, those beside each other as one. */
function spans(all: string[], head: number, length: number, same: Set<number>): Span[] {
  const made: Span[] = []
  let at = all.slice(0, head).join('').length
  for (let index = 0; index < length; index++) {
    const to = at + all[head + index]!.length
    if (!same.has(index)) {
      const last = made.at(-1)
      if (last?.to === at) last.to = to
      else made.push({ from: at, to })
    }
    at = to
  }
  return made
}
