import type { ReactNode } from 'react'

/** A part of the page, under its name. */
export function Section({ title, count, actions, children }: { title: string; count?: number | undefined; actions?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <div className="flex min-h-8 items-center gap-2">
        <h2 className="text-13 font-semibold">{title}</h2>
        {count !== undefined && count > 0 && <span className="text-12 text-fg-3 tabular-nums">{count}</span>}
        {actions && <span className="ml-auto flex items-center gap-1">{actions}</span>}
      </div>
      {children}
    </section>
  )
}
