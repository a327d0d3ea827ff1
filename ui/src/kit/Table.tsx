/** Rows and columns of a few hundred at most. What is too wide for a phone scrolls sideways, by keys too. Numbers: `isNumber`. */
import type { ReactNode } from 'react'
import { join } from './look'

export interface Column {
  label: string
  /** The label is for screen readers alone, as of a column of buttons. */
  isHidden?: boolean
  isNumber?: boolean
  className?: string
}

/** `Table` holds `Row`s, whose children are `Cell`s: the first names the row. */
export function Table({ label, columns, width = 'min-w-160', children }: { label: string; columns: readonly Column[]; width?: string; children: ReactNode }) {
  return (
    // What scrolls must be reached by keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div tabIndex={0} role="region" aria-label={label} className="overflow-x-auto rounded-8 border border-line bg-surface">
      <table className={join('w-full border-collapse', width)}>
        <thead className="border-b border-line">
          <tr>
            {columns.map(({ label: name, isHidden, isNumber, className }) => (
              <th key={name} scope="col" className={join('px-3 py-2 text-12 font-medium text-fg-2', isNumber ? 'text-right' : 'text-left', className)}>
                {isHidden ? <span className="sr-only">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

export const Row = ({ children }: { children: ReactNode }) => <tr className="border-b border-line last:border-0 hover:bg-hover">{children}</tr>

export function Cell({ isHead = false, isNumber = false, className, children }: { isHead?: boolean; isNumber?: boolean; className?: string; children?: ReactNode }) {
  const look = join('px-3 py-1.5', isNumber ? 'text-right tabular-nums' : 'text-left', isHead && 'font-medium', className)
  return isHead ? (
    <th scope="row" className={look}>
      {children}
    </th>
  ) : (
    <td className={look}>{children}</td>
  )
}
