/** The head of one file: what happened to it, its name, how much has changed, and the tick of who has viewed it. */
import { ChevronDown, ChevronRight, FileMinus, FilePen, FilePlus, FileSymlink, type LucideIcon } from 'lucide-react'
import type { FileTold } from '@/api/schema'
import { exact } from '@/kit/exact'
import { Checkbox } from '@/kit/Field'
import { Lines } from '@/kit/figures'
import { join } from '@/kit/look'
import { Badge } from '@/kit/Status'
import { Visible } from '@/kit/Visible'

export const HAPPENED: Record<FileTold['status'], { icon: LucideIcon; look: string; label: string }> = {
  added: { icon: FilePlus, look: 'text-ok', label: 'Added' },
  modified: { icon: FilePen, look: 'text-fg-3', label: 'Changed' },
  deleted: { icon: FileMinus, look: 'text-bad', label: 'Deleted' },
  renamed: { icon: FileSymlink, look: 'text-info', label: 'Renamed' },
  copied: { icon: FileSymlink, look: 'text-info', label: 'Copied' },
  retyped: { icon: FilePen, look: 'text-warn', label: 'Another kind' },
}

export interface FileHeadProps {
  file: FileTold
  isOpen: boolean
  isStuck: boolean
  onOpen(isOpen: boolean): void
  onView(): void
}

export function FileHead({ file, isOpen, isStuck, onOpen, onView }: FileHeadProps) {
  const { icon: Icon, look, label } = HAPPENED[file.status]
  const Chevron = isOpen ? ChevronDown : ChevronRight
  return (
    <div role="gridcell" className={join('flex h-11 items-center gap-3 border-b border-line bg-raised pr-3 pl-1 font-sans text-13', !isStuck && 'border-t')}>
      <button type="button" aria-expanded={isOpen} aria-label={`${exact(file.path)}: ${isOpen ? 'fold' : 'unfold'}`} onClick={() => onOpen(!isOpen)} className="flex h-full min-w-0 flex-1 items-center gap-2 rounded-6 px-2 text-left outline-offset-[-2px]">
        <Chevron size={16} aria-hidden className="shrink-0 text-fg-3" />
        <Icon size={16} aria-hidden className={join('shrink-0', look)} />
        <span className="min-w-0 truncate font-mono text-12">
          {file.old_path !== null && (
            <span className="text-fg-3">
              <Visible text={file.old_path} />
              {' → '}
            </span>
          )}
          <span className="font-semibold">
            <Visible text={file.path} />
          </span>
        </span>
        {file.status !== 'modified' && <span className={join('shrink-0 text-12 max-sm:sr-only', look)}>{label}</span>}
      </button>
      {file.since && <Badge tone="accent">{file.since === 'new' ? 'New since' : 'Changed since'}</Badge>}
      {!file.viewed && file.viewed_head !== null && !file.since && <Badge tone="warn">Changed since you viewed it</Badge>}
      <span className="max-sm:hidden">{file.additions + file.deletions > 0 && <Lines additions={file.additions} deletions={file.deletions} />}</span>
      <Checkbox isSelected={file.viewed} onChange={onView}>
        <span className="text-12 text-fg-2">Viewed</span>
      </Checkbox>
    </div>
  )
}
