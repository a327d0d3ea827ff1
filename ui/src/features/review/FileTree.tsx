/** The changed files by folder, with what was viewed. Drawn only where one looks. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import type { FileTold } from '@/api/schema'
import { exact } from '@/kit/exact'
import { Lines } from '@/kit/figures'
import { Checkbox } from '@/kit/Field'
import { join } from '@/kit/look'
import { Visible } from '@/kit/Visible'
import { HAPPENED } from './FileHead'

type Entry = { folder: string } | { file: FileTold; name: string }

/** Each folder once, before its files. */
export function entriesOf(files: readonly FileTold[]): Entry[] {
  const entries: Entry[] = []
  let last = '' // files of the top need no head where they come first
  for (const file of files) {
    const cut = file.path.lastIndexOf('/') + 1
    const folder = file.path.slice(0, cut)
    if (folder !== last) entries.push({ folder: folder || './' })
    last = folder
    entries.push({ file, name: file.path.slice(cut) })
  }
  return entries
}

export interface FileTreeProps {
  files: readonly FileTold[]
  current: string | null
  comments: ReadonlyMap<string, number>
  onOpen(path: string): void
  onView(file: FileTold): void
}

export function FileTree({ files, current, comments, onOpen, onView }: FileTreeProps) {
  const scroll = useRef<HTMLDivElement>(null)
  const entries = useMemo(() => entriesOf(files), [files])
  const virtual = useVirtualizer({ count: entries.length, getScrollElement: () => scroll.current, estimateSize: () => 32, overscan: 8, useFlushSync: false })
  return (
    <div ref={scroll} className="min-h-0 flex-1 overflow-y-auto p-2" tabIndex={-1}>
      <ul aria-label="Changed files" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((seen) => {
          const entry = entries[seen.index]!
          return (
            <li key={seen.key} data-index={seen.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${seen.start}px)` }}>
              {'folder' in entry ? (
                <div className="flex h-8 items-end truncate px-2 pb-1 text-12 text-fg-3">
                  <Visible text={entry.folder} />
                </div>
              ) : (
                <TreeRow file={entry.file} name={entry.name} isHere={entry.file.path === current} comments={comments.get(entry.file.path) ?? 0} onOpen={onOpen} onView={onView} />
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

interface TreeRowProps extends Pick<FileTreeProps, 'onOpen' | 'onView'> {
  file: FileTold
  name: string
  isHere: boolean
  comments: number
}

function TreeRow({ file, name, isHere, comments, onOpen, onView }: TreeRowProps) {
  const { icon: Icon, look, label } = HAPPENED[file.status]
  return (
    <div className={join('flex items-center gap-1 rounded-6 pl-2', isHere ? 'bg-accent-soft' : 'hover:bg-hover')}>
      <Checkbox isSelected={file.viewed} onChange={() => onView(file)}>
        <span className="sr-only">Viewed {exact(file.path)}</span>
      </Checkbox>
      <button type="button" aria-current={isHere || undefined} onClick={() => onOpen(file.path)} className="flex min-h-8 min-w-0 flex-1 items-center gap-2 rounded-6 px-1 text-left pointer-coarse:min-h-11">
        <Icon size={14} aria-hidden className={join('shrink-0', look)} />
        <span className="sr-only">{label}: </span>
        <span className={join('min-w-0 flex-1 truncate', file.viewed ? 'text-fg-3' : 'text-fg', file.status === 'deleted' && 'line-through')}>
          <Visible text={name} />
        </span>
        {comments > 0 && (
          <span className="shrink-0 rounded-full bg-accent px-1.5 text-12 font-medium text-accent-fg tabular-nums" title={`${comments} open ${comments === 1 ? 'comment' : 'comments'}`}>
            {comments}
          </span>
        )}
        <span className="shrink-0 pr-1">{file.additions + file.deletions > 0 && <Lines additions={file.additions} deletions={file.deletions} />}</span>
      </button>
    </div>
  )
}
