/** A run at a glance: how long, who, what with, for how much, where; and when it stands still, why and who must act. */
import { useQuery } from '@tanstack/react-query'
import { Bot, Box, Clock, Coins, GitBranch, GitPullRequest, Hourglass, Server, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { ask } from '@/api/client'
import type { AttemptTold, RunDetail } from '@/api/schema'
import { Elapsed, Lines, money, Money, Tokens } from '@/kit/figures'
import { join } from '@/kit/look'
import { PullLine } from '@/nouns/pulls/PullState'
import { usePulls } from '@/nouns/pulls/pulls'
import { budgetOf } from './budget'

export function Facts({ run }: { run: RunDetail }) {
  const latest: AttemptTold | undefined = run.attempts.at(-1)
  const { usage } = run
  return (
    <div tabIndex={0} role="region" aria-label="Facts" className="flex shrink-0 items-center gap-x-4 gap-y-1 overflow-x-auto border-b border-line bg-surface px-4 py-2 text-12 text-fg-2 outline-offset-[-2px] lg:flex-wrap">
      <Fact icon={Clock} name="Time">
        {run.started_at ? <Elapsed from={run.started_at} to={run.ended_at} /> : 'Not begun'}
      </Fact>
      <Fact icon={Bot} name="Agent">
        <b className="font-medium text-fg">{run.agent}</b>
        {[usage?.model ?? latest?.model, latest?.account && `account ${latest.account}`].filter(Boolean).map((word) => (
          <span key={word as string}>· {word}</span>
        ))}
      </Fact>
      {usage && (
        <Fact icon={Coins} name="Cost">
          <Cost run={run} />
          <span>
            · <Tokens count={usage.input_tokens + usage.output_tokens} /> tokens
          </span>
        </Fact>
      )}
      {latest?.node && (
        <Fact icon={Server} name="Node">
          {latest.node}
        </Fact>
      )}
      {latest?.sandbox && (
        <Fact icon={Box} name="Sandbox">
          {latest.sandbox === 'none' ? 'no sandbox' : latest.sandbox}
        </Fact>
      )}
      {run.branch && (
        <Fact icon={GitBranch} name="Branch">
          <code className="text-fg">{run.branch}</code>
          {run.head && <code>{run.head.slice(0, 10)}</code>}
          {run.additions !== null && <Lines additions={run.additions} deletions={run.deletions ?? 0} />}
        </Fact>
      )}
      {run.task_id !== null && <Pulls task={run.task_id} />}
      {run.attempts.length > 1 && <span className="whitespace-nowrap">Attempt {run.attempts.length}</span>}
    </div>
  )
}

function Pulls({ task }: { task: number }) {
  const { data } = usePulls(task)
  return data?.pull_requests.map((pull) => (
    <Fact key={`${pull.place}#${pull.number}`} icon={GitPullRequest} name="Pull request">
      <PullLine pull={pull} />
    </Fact>
  ))
}

function Fact({ icon: Icon, name, children }: { icon: LucideIcon; name: string; children: ReactNode }) {
  return (
    <span title={name} className="inline-flex shrink-0 items-center gap-1 whitespace-nowrap">
      <Icon size={14} aria-hidden className="text-fg-3" />
      <span className="sr-only">{name}: </span>
      {children}
    </span>
  )
}

function Cost({ run }: { run: RunDetail }) {
  const spent = run.usage?.cost_usd ?? null
  const cap = budgetOf(run.attempts)
  if (cap === null || spent === null) return <Money usd={spent} />
  const share = Math.min(1, spent / cap)
  return (
    <span className="inline-flex items-center gap-2">
      <span className="tabular-nums">
        {money(spent)} of {money(cap)}
      </span>
      <span role="meter" aria-label="Budget used" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className="h-1.5 w-16 overflow-hidden rounded-full bg-hover">
        <span className={join('block h-full', share >= 1 ? 'bg-bad' : share >= 0.8 ? 'bg-warn' : 'bg-ok')} style={{ width: `${share * 100}%` }} />
      </span>
    </span>
  )
}

const STILL = new Set(['pending', 'waiting'])

/** Why it is not moving, and who must act. */
export function Standstill({ run }: { run: RunDetail }) {
  const { data } = useQuery({ ...ask('GET /api/runs/{run_id}/why', { path: { run_id: run.id } }), enabled: STILL.has(run.state), queryKey: ['GET /api/runs/{run_id}/why', { run_id: run.id, state: run.state, wait: run.wait?.reason ?? null, attempt: run.attempt }] })
  const isAsked = run.wait?.reason === 'approval' || run.wait?.reason === 'question' // its card says so
  if (!STILL.has(run.state) || isAsked || !data) return null
  return (
    <p role="status" className="flex shrink-0 items-start gap-2 border-b border-line bg-warn-soft px-4 py-2 text-warn">
      <Hourglass size={16} aria-hidden className="mt-0.5 shrink-0" />
      <span className="min-w-0 break-words">{data.why}</span>
    </p>
  )
}
