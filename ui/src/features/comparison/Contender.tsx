/** One contender: how it stands, what it has changed, what it took, and what can be done with it. */
import { Link } from '@tanstack/react-router'
import { Award, CircleCheck, CircleDashed, CircleX, FileDiff, SquareTerminal } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ContestantTold, WaitReason } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Lines, Money, span, Tokens } from '@/kit/figures'
import { buttonLook, join } from '@/kit/look'
import { Badge, Status } from '@/kit/Status'
import { RunState } from '@/nouns/RunState'
import type { Praise } from './sides'

export const nameOf = (run: ContestantTold): string => (run.model ? `${run.agent} · ${run.model}` : `${run.agent} · run ${run.number}`)

export interface ContenderProps {
  run: ContestantTold
  kept: string | null
  praises: readonly Praise[]
  isKeeping: boolean
  onKeep(): void
}

export function Contender({ run, kept, praises, isKeeping, onKeep }: ContenderProps) {
  const isKept = kept === run.run
  const why = run.state !== 'completed' ? 'Only a result can be kept: the run has not completed.' : kept !== null ? 'Another one may be kept instead.' : undefined
  return (
    <li className={join('flex flex-col rounded-8 border bg-surface', isKept ? 'border-ok shadow-[0_0_0_1px_var(--ok)]' : 'border-line')}>
      <article aria-label={nameOf(run)} className="flex flex-1 flex-col">
        <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-3">
          <h2 className="text-14 font-semibold">{run.agent}</h2>
          <span className="min-w-0 truncate text-12 text-fg-3">
            {run.model ?? `run ${run.number}`}
            {run.account && ` on ${run.account}`}
          </span>
          <span className="ml-auto flex items-center gap-2">
            {isKept && (
              <Status icon={Award} tone="ok">
                Kept
              </Status>
            )}
            <RunState run={{ state: run.state, wait: waitOf(run.wait_reason) }} />
          </span>
        </header>
        <dl className="grid grid-cols-2 gap-x-4 gap-y-3 px-4 py-4">
          <Figure name="Checks">
            <Checks run={run} />
          </Figure>
          <Figure name="Changes" praise={praises.find((praise) => praise === 'Fewest lines')}>
            {run.files === null ? (
              '—'
            ) : (
              <>
                {run.files} {run.files === 1 ? 'file' : 'files'} <Lines additions={run.additions ?? 0} deletions={run.deletions ?? 0} />
              </>
            )}
          </Figure>
          <Figure name="Cost" praise={praises.find((praise) => praise === 'Cheapest')}>
            <Money usd={run.cost_usd} />
          </Figure>
          <Figure name="Time" praise={praises.find((praise) => praise === 'Fastest')}>
            <span className="tabular-nums">{run.seconds === null ? '—' : span(run.seconds)}</span>
          </Figure>
          <Figure name="Tokens in">{run.input_tokens === null ? '—' : <Tokens count={run.input_tokens} />}</Figure>
          <Figure name="Tokens out">{run.output_tokens === null ? '—' : <Tokens count={run.output_tokens} />}</Figure>
        </dl>
        {run.error && <p className="mx-4 mb-4 rounded-6 bg-bad-soft px-3 py-2 text-bad [overflow-wrap:anywhere]">{run.error}</p>}
        <footer className="mt-auto flex flex-wrap items-center gap-2 border-t border-line px-4 py-3">
          <Link to="/runs/$id/review" params={{ id: run.run }} disabled={run.head === null} aria-label={`Review of ${nameOf(run)}`} className={join(buttonLook(), run.head === null && 'pointer-events-none opacity-50')}>
            <FileDiff size={16} aria-hidden />
            Review
          </Link>
          <Link to="/runs/$id" params={{ id: run.run }} aria-label={`Run of ${nameOf(run)}`} className={buttonLook()}>
            <SquareTerminal size={16} aria-hidden />
            Run
          </Link>
          <span title={isKept ? undefined : why} className="ml-auto max-sm:flex-1">
            <Button kind={kept === null ? 'primary' : 'plain'} icon={CircleCheck} isDisabled={run.state !== 'completed' || isKept || isKeeping} onPress={onKeep} className="w-full" aria-label={isKept ? undefined : `Keep this one: ${nameOf(run)}`}>
              {isKept ? 'Kept' : 'Keep this one'}
            </Button>
          </span>
        </footer>
      </article>
    </li>
  )
}

const waitOf = (reason: WaitReason | null) => (reason === null ? null : { reason, who: '', until: null })

function Figure({ name, praise, children }: { name: string; praise?: Praise | undefined; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-12 text-fg-3">{name}</dt>
      <dd className="mt-0.5 flex flex-wrap items-center gap-2">
        <span>{children}</span>
        {praise && <Badge tone="ok">{praise}</Badge>}
      </dd>
    </div>
  )
}

function Checks({ run }: { run: ContestantTold }) {
  if (!run.checks_demanded) return <span className="text-fg-3">None demanded</span>
  const told = `${run.checks_passed} of ${run.checks_demanded} passed`
  if (run.checks_failed)
    return (
      <Status icon={CircleX} tone="bad" bare>
        {told}
      </Status>
    )
  const isWhole = run.checks_passed === run.checks_demanded
  return (
    <Status icon={isWhole ? CircleCheck : CircleDashed} tone={isWhole ? 'ok' : 'plain'} bare>
      {told}
    </Status>
  )
}
