/** What stands instead of the hub's pages while it is not known who looks: the mark, a heading, and one thing to do. */
import type { ReactNode } from 'react'

export function Frame({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center overflow-y-auto bg-bg px-4 py-10 sm:pt-[14vh]">
      <div className="flex w-full max-w-88 flex-col gap-6">
        <header className="flex flex-col items-center gap-3 text-center">
          <img src="/icon.svg" alt="" width={40} height={40} />
          <div className="flex flex-col gap-1">
            <h1 className="text-20">{title}</h1>
            {about && <p className="text-fg-2">{about}</p>}
          </div>
        </header>
        {children}
      </div>
    </main>
  )
}
