/** What a tool call changed in a file, as lines of a diff. Pure; for long files what stands between the outer changes counts as one. */
import type { FileChange } from '@/api/events'

const CONTEXT = 3
const CELLS_AT_MOST = 250_000

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** As `diff -u` writes it, without names. */
export function linesOfChange({ old, new: now }: FileChange): string {
  const [a, b] = [linesOf(old ?? ''), linesOf(now)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const before = a.slice(Math.max(0, head - CONTEXT), head).map((line) => ` ${line}`)
  const after = a.slice(a.length - tail, a.length - tail + CONTEXT).map((line) => ` ${line}`)
  return [...before, ...between(a.slice(head, a.length - tail), b.slice(head, b.length - tail)), ...after].join('\n')
}

/** Counts of lines. */
export function sizeOfChange(change: FileChange): { additions: number; deletions: number } {
  let [additions, deletions] = [0, 0]
  for (const line of linesOfChange(change).split('\n')) {
    if (line.startsWith('+')) additions++
    else if (line.startsWith('-')) deletions++
  }
  return { additions, deletions }
}

/** The longest common subsequence of both, as far as that is cheap. */
function between(a: string[], b: string[]): string[] {
  if (a.length * b.length > CELLS_AT_MOST) return [...a.map((line) => `-${line}`), ...b.map((line) => `+${line}`)]
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(` ${a[i++]}`)
      j++
    } else if (i < a.length && (j === b.length || longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) lines.push(`-${a[i++]}`)
    else lines.push(`+${b[j++]}`)
  }
  return lines
}
