/** One part of the administration: its margins, one sentence on what it is for, its chief action; and a box with a title in it. */
import type { ReactNode } from 'react'

export function Part({ about, actions, children }: { about: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-6xl flex-col gap-5 p-4 pb-12">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="max-w-160 min-w-60 flex-1 text-fg-2">{about}</p>
        {actions && <div className="flex flex-wrap items-center gap-2 sm:ml-auto">{actions}</div>}
      </div>
      {children}
    </div>
  )
}

export function Section({ title, about, actions, children }: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-2">
        <div className="min-w-60 flex-1">
          <h2 className="text-14">{title}</h2>
          {about && <p className="text-12 text-fg-2">{about}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  )
}

/** Where a list has nothing to list. */
export const Nothing = ({ children }: { children: ReactNode }) => <p className="rounded-8 border border-dashed border-line-strong p-4 text-center text-fg-2">{children}</p>

/** What the hub said no to, in a form. */
export function Refusal({ error }: { error: Error | null }) {
  return error ? (
    <p role="alert" className="break-words text-bad">
      {error.message}
    </p>
  ) : null
}
