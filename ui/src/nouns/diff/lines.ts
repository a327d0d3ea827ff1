// The lines of a changed file as rows, one below the other or old beside new: unchanged stretches folded, changed lines paired, and a word
// where there is nothing to show line by line. Pure. Above: DiffRow and the pages. Below: the hub's shapes.

import type { FileTold, HunkTold, LineTold } from '@/api/schema'

export interface Cell {
  line: LineTold
  /** The line that stands there on the other side, for marking what has changed in it. */
  other: LineTold | null
}
export type Row =
  | { kind: 'gap'; key: string; path: string; lines: number; heading: string }
  /** One cell: old and new below each other. Two: the old side, and the new one. */
  | { kind: 'line'; key: string; path: string; cells: readonly [Cell] | readonly [Cell | null, Cell | null] }
  | { kind: 'note'; key: string; path: string; text: string }
  /** The hub has told only the beginning. */
  | { kind: 'rest'; key: string; path: string; from: number }

const GENERATED = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|uv\.lock|poetry\.lock|Cargo\.lock|go\.sum|Gemfile\.lock|composer\.lock)$|\.min\.(?:js|css)$|\.(?:map|snap)$/u

/** Files that programs write and people seldom read. */
export const isGenerated = (file: FileTold): boolean => GENERATED.test(file.path)

export function rowsOf(file: FileTold, split: boolean): Row[] {
  const rows: Row[] = notesOf(file).map((text, at) => ({ kind: 'note', key: `${file.path}\0note${at}`, path: file.path, text }))
  const isBeside = split && file.status !== 'added' && file.status !== 'deleted' // one side alone has the whole width
  let end = 1 // the next line of the old side that no hunk has shown yet
  for (const hunk of file.hunks) {
    const lines = hunk.old_lines ? hunk.old_start - end : 0
    if (lines > 0 || (hunk.heading && hunk === file.hunks[0])) rows.push({ kind: 'gap', key: `${file.path}\0gap${hunk.old_start}`, path: file.path, lines: Math.max(0, lines), heading: hunk.heading })
    rows.push(...(isBeside ? beside(file.path, hunk) : below(file.path, hunk)))
    end = hunk.old_start + hunk.old_lines
  }
  if (file.next_line !== null) rows.push({ kind: 'rest', key: `${file.path}\0rest${file.next_line}`, path: file.path, from: file.next_line })
  if (file.cut) rows.push({ kind: 'note', key: `${file.path}\0cut`, path: file.path, text: 'The diff is longer than what the hub keeps; the rest of this file is not shown.' })
  return rows
}

/** What is to be said of the file beside its lines. */
export function notesOf(file: FileTold): string[] {
  const notes: string[] = []
  const isBare = !file.hunks.length && !file.binary
  if (file.status === 'retyped') notes.push('Its kind has changed, as from a file to a link.')
  else if (file.old_mode && file.new_mode && file.old_mode !== file.new_mode) notes.push(modeNote(file.old_mode, file.new_mode))
  if (file.binary) notes.push(file.status === 'deleted' ? 'A binary file was deleted.' : 'A binary file: its changes cannot be shown as lines.')
  if (isBare && (file.status === 'renamed' || file.status === 'copied')) notes.push(`${file.status === 'renamed' ? 'Renamed' : 'Copied'} and otherwise left as it was.`)
  if (isBare && (file.status === 'added' || file.status === 'deleted')) notes.push(`An empty file was ${file.status}.`)
  return notes
}

function modeNote(old: string, now: string): string {
  if (old === '100644' && now === '100755') return 'It can be executed now (mode 100644 → 100755).'
  if (old === '100755' && now === '100644') return 'It can no longer be executed (mode 100755 → 100644).'
  return `Its mode has changed: ${old} → ${now}.`
}

/** Lines that replace each other stand at the same place of a stretch taken away and one added. */
function* stretches(hunk: HunkTold): Generator<{ same: LineTold } | { gone: LineTold[]; come: LineTold[] }> {
  let gone: LineTold[] = []
  let come: LineTold[] = []
  for (const line of hunk.lines) {
    if ((line.kind === 'same' || (line.kind === 'deleted' && come.length)) && (gone.length || come.length)) {
      yield { gone, come }
      gone = []
      come = []
    }
    if (line.kind === 'same') yield { same: line }
    else if (line.kind === 'deleted') gone.push(line)
    else come.push(line)
  }
  if (gone.length || come.length) yield { gone, come }
}

const keyOf = (path: string, old: number | null | undefined, now: number | null | undefined) => `${path}\0${old ?? ''}:${now ?? ''}`

function below(path: string, hunk: HunkTold): Row[] {
  const row = (line: LineTold, other: LineTold | null): Row => ({ kind: 'line', key: keyOf(path, line.old, line.new), path, cells: [{ line, other }] })
  return [...stretches(hunk)].flatMap((part) =>
    'same' in part ? [row(part.same, null)] : [...part.gone.map((line, at) => row(line, part.come[at] ?? null)), ...part.come.map((line, at) => row(line, part.gone[at] ?? null))],
  )
}

function beside(path: string, hunk: HunkTold): Row[] {
  const row = (left: LineTold | undefined, right: LineTold | undefined): Row => ({
    kind: 'line',
    key: keyOf(path, left?.old, right?.new),
    path,
    cells: [left ? { line: left, other: right ?? null } : null, right ? { line: right, other: left ?? null } : null],
  })
  return [...stretches(hunk)].flatMap((part) =>
    'same' in part ? [row(part.same, part.same)] : Array.from({ length: Math.max(part.gone.length, part.come.length) }, (_, at) => row(part.gone[at], part.come[at])),
  )
}
