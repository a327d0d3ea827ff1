/** What the result was tried with: each check's latest word, and its output when asked for. */
import { useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleDashed, CircleX, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { ask } from '@/api/client'
import type { CheckTold } from '@/api/schema'
import { Ansi } from '@/kit/Ansi'
import { Dialog } from '@/kit/Dialog'
import { span, Time } from '@/kit/figures'
import { Status } from '@/kit/Status'
import { Visible } from '@/kit/Visible'

export function CheckList({ run }: { run: string }) {
  const checks = useQuery(ask('GET /api/runs/{run_id}/checks', { path: { run_id: run } }))
  const [open, setOpen] = useState<string | null>(null)
  const latest = new Map(checks.data?.results.map((check) => [check.name, check]))
  const names = [...new Set([...(checks.data?.demanded ?? []), ...latest.keys()])]
  const shown = open === null ? undefined : latest.get(open)
  return (
    <section aria-labelledby="checks" className="shrink-0 border-t border-line p-3">
      <h2 id="checks" className="mb-1 flex items-center gap-2 text-12 font-medium text-fg-2">
        <ShieldCheck size={14} aria-hidden />
        Checks
      </h2>
      {checks.error && <p className="text-12 text-bad">The checks could not be read. {checks.error.message}</p>}
      {checks.data && !names.length && <p className="text-12 text-fg-3">This result did not have to pass any check.</p>}
      <ul className="flex max-h-40 flex-col overflow-y-auto">
        {names.map((name) => {
          const check = latest.get(name)
          return (
            <li key={name}>
              {check ? (
                <button type="button" onClick={() => setOpen(name)} className="flex min-h-8 w-full items-center gap-2 rounded-6 px-1 text-left hover:bg-hover pointer-coarse:min-h-11">
                  <Outcome check={check} />
                  <span className="min-w-0 flex-1 truncate">
                    <Visible text={name} />
                  </span>
                  <span className="text-12 text-fg-3 tabular-nums">{span(check.seconds)}</span>
                </button>
              ) : (
                <div className="flex min-h-8 items-center gap-2 px-1">
                  <Status icon={CircleDashed} tone="plain" bare>
                    Not run
                  </Status>
                  <span className="truncate">
                    <Visible text={name} />
                  </span>
                </div>
              )}
            </li>
          )
        })}
      </ul>
      {checks.data?.missing && <p className="mt-1 text-12 text-warn">{checks.data.missing}</p>}
      {shown && (
        <Dialog title={`Check ${shown.name}`} place="side" isOpen onClose={() => setOpen(null)}>
          <div className="mb-3 flex flex-wrap items-center gap-3 text-12 text-fg-2">
            <Outcome check={shown} />
            {shown.exit_code !== null && <span>exit code {shown.exit_code}</span>}
            <span>{span(shown.seconds)}</span>
            <Time at={shown.at} />
          </div>
          <pre className="mb-3 rounded-6 border border-line bg-sunken px-3 py-2 whitespace-pre-wrap [overflow-wrap:anywhere]">
            <Visible text={shown.command} />
          </pre>
          {shown.output ? <Ansi text={shown.output} /> : <p className="text-fg-3">It wrote nothing.</p>}
        </Dialog>
      )}
    </section>
  )
}

function Outcome({ check }: { check: CheckTold }) {
  return check.passed ? (
    <Status icon={CircleCheck} tone="ok" bare>
      Passed
    </Status>
  ) : (
    <Status icon={CircleX} tone="bad" bare>
      Failed
    </Status>
  )
}
