/** One row of a diff: numbers, sign, code. In a grid of rows; the page around it hears where it was pressed by `data-row` and `data-side`. */
import { memo, type ReactNode } from 'react'
import type { LineTold } from '@/api/schema'
import { Visible } from '@/kit/Visible'
import { join } from '@/kit/look'
import { Code } from './Code'
import type { Cell, Row } from './lines'
import { marksOf } from './words'

const GROUND: Record<LineTold['kind'], string> = { same: '', added: 'bg-ok-soft', deleted: 'bg-bad-soft' }
const SIGN: Record<LineTold['kind'], string> = { same: ' ', added: '+', deleted: '−' }
const NUMBER = 'px-2 text-right text-fg-3 select-none tabular-nums'
const TEXT = 'min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere] [tab-size:4] pr-3'

export interface DiffRowProps {
  row: Row
  /** The side that the cursor is on, if it stands here. */
  cursor?: 'old' | 'new' | null
  /** Sides on which the row is among those chosen for a comment. */
  chosen?: 'old' | 'new' | null
  /** Whether its numbers can be pressed. */
  isOpen?: boolean
  onRest?(): void
}

export const DiffRow = memo(function DiffRow({ row, cursor = null, chosen = null, isOpen = false, onRest }: DiffRowProps): ReactNode {
  if (row.kind === 'gap')
    return (
      <div role="gridcell" className="flex min-h-7 items-center gap-3 border-y border-line bg-sunken px-3 font-sans text-12 text-fg-3">
        <span className="shrink-0">{row.lines ? `${row.lines.toLocaleString('en')} unchanged ${row.lines === 1 ? 'line' : 'lines'}` : '⋯'}</span>
        <span className="truncate font-mono">
          <Visible text={row.heading} />
        </span>
      </div>
    )
  if (row.kind === 'note')
    return (
      <div role="gridcell" className="px-4 py-3 font-sans text-13 text-fg-2">
        {row.text}
      </div>
    )
  if (row.kind === 'rest')
    return (
      <div role="gridcell" className="border-t border-line bg-sunken px-3 py-1 font-sans">
        <button type="button" className="h-control rounded-6 px-2 font-medium text-accent-text hover:underline" onClick={onRest}>
          Show the rest of this file
        </button>
      </div>
    )
  if (row.cells.length === 1) {
    const [cell] = row.cells
    const { line } = cell
    return (
      <div
        className={join(
          'grid grid-cols-[2.75rem_1.25rem_1fr] md:grid-cols-[3.25rem_3.25rem_1.25rem_1fr]',
          chosen ? 'bg-accent-soft' : GROUND[line.kind],
          cursor && 'shadow-[inset_3px_0_var(--accent)]',
        )}
      >
        <span role="gridcell" data-gutter className={join(NUMBER, 'max-md:hidden', isOpen && GUTTER, cursor && 'text-fg')}>
          {line.old}
        </span>
        <span role="gridcell" data-gutter className={join(NUMBER, isOpen && GUTTER, cursor && 'text-fg')}>
          {line.new ?? <span className="md:hidden">{line.old}</span>}
        </span>
        <Sign line={line} />
        <Text path={row.path} cell={cell} />
      </div>
    )
  }
  return (
    <div className="grid grid-cols-2">
      {row.cells.map((cell, at) => {
        const side = at ? 'new' : 'old'
        const isHere = cursor === side
        return (
          <div
            key={side}
            data-side={side}
            className={join('grid min-w-0 grid-cols-[3.25rem_1.25rem_1fr]', at === 1 && 'border-l border-line', chosen === side ? 'bg-accent-soft' : cell ? GROUND[cell.line.kind] : 'bg-sunken', isHere && 'shadow-[inset_3px_0_var(--accent)]')}
          >
            {cell ? (
              <>
                <span role="gridcell" data-gutter className={join(NUMBER, isOpen && GUTTER, isHere && 'text-fg')}>
                  {at ? cell.line.new : cell.line.old}
                </span>
                <Sign line={cell.line} />
                <Text path={row.path} cell={cell} />
              </>
            ) : (
              <span role="gridcell" />
            )}
          </div>
        )
      })}
    </div>
  )
})

const GUTTER = 'cursor-pointer hover:bg-accent hover:text-accent-fg'

function Sign({ line }: { line: LineTold }) {
  return (
    <span role="gridcell" className={join('select-none', line.kind === 'added' ? 'text-ok' : 'text-bad')}>
      {SIGN[line.kind]}
    </span>
  )
}

function Text({ path, cell: { line, other } }: { path: string; cell: Cell }) {
  const marks = !other || line.kind === 'same' ? undefined : line.kind === 'added' ? marksOf(other, line)[1] : marksOf(line, other)[0]
  return (
    <span role="gridcell" dir="ltr" className={TEXT}>
      <Code path={path} text={line.text} marks={marks} tone={line.kind} />
      {line.cut && <Aside>the rest of the line is left out</Aside>}
      {!line.ended && <Aside>no newline at the end</Aside>}
    </span>
  )
}

const Aside = ({ children }: { children: string }) => <span className="ml-2 rounded-4 border border-line px-1 font-sans text-12 text-fg-3 select-none">{children}</span>
