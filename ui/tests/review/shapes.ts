import type { FileTold, HunkTold, LineTold } from '@/api/schema'

/** A hunk of lines as a patch writes them, with their numbers. */
export function hunk(text: string, old_start = 1, new_start = 1, heading = ''): HunkTold {
  let [old, now] = [old_start, new_start]
  const lines = text.split('\n').map((line): LineTold => {
    const shape = { text: line.slice(1), cut: false, ended: true }
    if (line[0] === '+') return { kind: 'added', old: null, new: now++, ...shape }
    if (line[0] === '-') return { kind: 'deleted', old: old++, new: null, ...shape }
    return { kind: 'same', old: old++, new: now++, ...shape }
  })
  return { old_start, old_lines: old - old_start, new_start, new_lines: now - new_start, heading, lines }
}

export function file(path: string, hunks: HunkTold[] = [], more: Partial<FileTold> = {}): FileTold {
  return { path, old_path: null, status: 'modified', binary: false, old_mode: null, new_mode: null, additions: 0, deletions: 0, hunks, next_line: null, cut: false, viewed: false, viewed_head: null, since: null, ...more }
}
