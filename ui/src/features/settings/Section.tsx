/** One matter of the settings: a heading, what it is about, and lines in a frame. */
import type { ReactNode } from 'react'

export interface SectionProps {
  title: string
  about: ReactNode
  /** The one thing to do, beside the heading. */
  action?: ReactNode
  children: ReactNode
}

export function Section({ title, about, action, children }: SectionProps) {
  return (
    <section aria-label={title}>
      <div className="mb-3 flex flex-wrap items-end gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="text-14">{title}</h2>
          <p className="text-12 text-fg-2">{about}</p>
        </div>
        {action}
      </div>
      <div className="flex flex-col divide-y divide-line rounded-8 border border-line bg-surface">{children}</div>
    </section>
  )
}
