// What sets two results apart, file by file; and who of the contenders does best in what. Pure. Above: the page.

import type { ContestantTold, FileTold } from '@/api/schema'

export type How = 'different' | 'left' | 'right' | 'unknown' | 'alike'
export interface Pair {
  path: string
  how: How
  left: FileTold | null
  right: FileTold | null
}

const ORDER: readonly How[] = ['different', 'left', 'right', 'unknown', 'alike']

/** Different ones first, those alike last. `unknown`: of binary files, and of what is shown in part, nobody can tell here. */
export function pairs(lefts: readonly FileTold[], rights: readonly FileTold[]): Pair[] {
  const byPath = new Map(rights.map((file) => [file.path, file]))
  const found = lefts.map((left): Pair => pair(left.path, left, byPath.get(left.path) ?? null))
  const known = new Set(lefts.map((file) => file.path))
  found.push(...rights.filter((file) => !known.has(file.path)).map((right) => pair(right.path, null, right)))
  return found.sort((a, b) => ORDER.indexOf(a.how) - ORDER.indexOf(b.how) || (a.path < b.path ? -1 : 1))
}

function pair(path: string, left: FileTold | null, right: FileTold | null): Pair {
  return { path, how: !right ? 'left' : !left ? 'right' : howOf(left, right), left, right }
}

function howOf(left: FileTold, right: FileTold): How {
  if (shapeOf(left) !== shapeOf(right)) return 'different'
  const isPart = (file: FileTold) => file.binary || file.cut || file.next_line !== null || file.hunks.some((hunk) => hunk.lines.some((line) => line.cut))
  return isPart(left) || isPart(right) ? 'unknown' : 'alike'
}

const shapeOf = (file: FileTold): string => JSON.stringify([file.status, file.old_path, file.old_mode, file.new_mode, file.binary, file.hunks.map((hunk) => [hunk.old_start, hunk.lines])])

export type Praise = 'Cheapest' | 'Fastest' | 'Fewest lines'

/** Who of those that have completed stands out; nobody where all are the same, or only one has completed. */
export function praises(runs: readonly ContestantTold[]): ReadonlyMap<string, readonly Praise[]> {
  const done = runs.filter((run) => run.state === 'completed')
  const found = new Map<string, Praise[]>()
  const measures: ReadonlyArray<[Praise, (run: ContestantTold) => number | null]> = [
    ['Cheapest', (run) => run.cost_usd],
    ['Fastest', (run) => run.seconds],
    ['Fewest lines', (run) => (run.additions === null || run.deletions === null ? null : run.additions + run.deletions)],
  ]
  for (const [praise, measure] of measures) {
    const values = done.map(measure)
    if (done.length < 2 || values.some((value) => value === null)) continue
    const best = Math.min(...(values as number[]))
    const winners = done.filter((run) => measure(run) === best)
    if (winners.length === 1) found.set(winners[0]!.run, [...(found.get(winners[0]!.run) ?? []), praise])
  }
  return found
}
