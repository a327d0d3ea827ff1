/** The frame of every page (one line with title, filters and the chief action; below it what scrolls), and a card. */
import type { ReactNode } from 'react'
import { join } from './look'

export interface PageProps {
  title: ReactNode
  /** What stands beside the title: a status, a count, filters. */
  beside?: ReactNode
  actions?: ReactNode
  /** The content scrolls by itself, as a board does, and has no margin. */
  isBare?: boolean
  children: ReactNode
}

export function Page({ title, beside, actions, isBare = false, children }: PageProps) {
  return (
    <section className="page">
      <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-surface px-4 py-2">
        <h1 className="min-w-0 truncate text-14 font-semibold">{title}</h1>
        {beside}
        {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
      </header>
      <div className={isBare ? 'flex min-h-0 flex-1 flex-col' : 'min-h-0 flex-1 overflow-y-auto p-4'}>{children}</div>
    </section>
  )
}

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={join('rounded-8 border border-line bg-surface p-4', className)}>{children}</div>
}
