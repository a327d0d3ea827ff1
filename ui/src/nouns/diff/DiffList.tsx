/** The lines of one file, to be read: drawn only where one looks. `label` names it for those who do not see it. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import type { FileTold } from '@/api/schema'
import { DiffRow } from './DiffRow'
import { rowsOf } from './lines'

export function DiffList({ file, label }: { file: FileTold; label: string }) {
  const scroll = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => rowsOf(file, false).filter((row) => row.kind !== 'rest'), [file])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => (rows[index]!.kind === 'gap' ? 28 : 20),
    getItemKey: (index) => rows[index]!.key,
    overscan: 10,
    useFlushSync: false,
  })
  return (
    <div
      ref={scroll}
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length}
      aria-readonly
      tabIndex={0}
      className="max-h-[70dvh] overflow-y-auto bg-surface font-mono text-12 leading-5 outline-offset-[-2px] [font-variant-ligatures:none]"
    >
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((seen) => (
          <div key={seen.key} role="row" aria-rowindex={seen.index + 1} data-index={seen.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${seen.start}px)` }}>
            <DiffRow row={rows[seen.index]!} />
          </div>
        ))}
      </div>
      {file.next_line !== null && <p className="border-t border-line bg-sunken px-3 py-2 font-sans text-13 text-fg-2">The file goes on; its review shows all of it.</p>}
    </div>
  )
}
