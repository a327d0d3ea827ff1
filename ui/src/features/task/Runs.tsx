/** The task's runs: by whom, how they stand, what they took and what they left. The newest shows its attempts and checks. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, CircleCheck, CircleX, GitCompare } from 'lucide-react'
import { useState } from 'react'
import { ask } from '@/api/client'
import type { RunTold, TaskTold } from '@/api/schema'
import { IconButton } from '@/kit/Button'
import { Elapsed, Lines, Money, Time, Tokens } from '@/kit/figures'
import { join } from '@/kit/look'
import { Status } from '@/kit/Status'
import { Loaded } from '@/kit/states'
import { RunState } from '@/nouns/RunState'
import { Section } from './Section'

const SHOWN_AT_MOST = 50

export function Runs({ task }: { task: TaskTold }) {
  const query = ask('GET /api/runs', { query: { task_id: task.id, limit: SHOWN_AT_MOST } })
  const { data } = useQuery(query)
  const { data: comparisons } = useQuery(ask('GET /api/tasks/{task_id}/comparisons', { path: { task_id: task.id } }))
  return (
    <Section title="Runs" count={data?.length}>
      <Loaded query={query} what="The runs">
        {(runs) =>
          runs.length ? (
            <ul className="flex flex-col divide-y divide-line rounded-8 border border-line">
              {runs.map((run, at) => (
                <Run key={run.id} run={run} isNewest={at === 0} />
              ))}
            </ul>
          ) : (
            <p className="text-fg-3">No agent has worked on it yet.</p>
          )
        }
      </Loaded>
      {comparisons?.map((comparison) => (
        <Link key={comparison.id} to="/comparisons/$id" params={{ id: comparison.id }} className="inline-flex min-h-8 items-center gap-2 self-start text-accent-text hover:underline">
          <GitCompare size={16} aria-hidden />
          Compare {comparison.runs.map(({ agent }) => agent).join(' and ')}
        </Link>
      ))}
    </Section>
  )
}

function Run({ run, isNewest }: { run: RunTold; isNewest: boolean }) {
  const [isOpen, setOpen] = useState(isNewest)
  const { data: detail } = useQuery(ask('GET /api/runs/{run_id}', { path: { run_id: run.id } }))
  return (
    <li className="flex flex-col">
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 py-1.5 pr-3 pl-1.5">
        <IconButton name={isOpen ? `Fold run ${run.number}` : `Unfold run ${run.number}`} icon={ChevronRight} aria-expanded={isOpen} className={join('[&>svg]:transition-transform', isOpen && '[&>svg]:rotate-90')} onPress={() => setOpen(!isOpen)} />
        <Link to="/runs/$id" params={{ id: run.id }} className="min-w-0 truncate font-medium hover:underline">
          #{run.number} {run.agent}
        </Link>
        <RunState run={run} />
        <span className="ml-auto flex flex-wrap items-center gap-x-3 text-12 text-fg-2">
          {run.additions !== null && run.deletions !== null && <Lines additions={run.additions} deletions={run.deletions} />}
          {detail?.usage && <Money usd={detail.usage.cost_usd} />}
          {run.started_at && <Elapsed from={run.started_at} to={run.ended_at} />}
          <span className="text-fg-3">
            <Time at={run.created_at} />
          </span>
        </span>
      </div>
      {isOpen && <Detail run={run} />}
    </li>
  )
}

function Detail({ run }: { run: RunTold }) {
  const { data: detail } = useQuery(ask('GET /api/runs/{run_id}', { path: { run_id: run.id } }))
  const { data: checks } = useQuery(ask('GET /api/runs/{run_id}/checks', { path: { run_id: run.id } }))
  const words = run.error ?? run.result
  const latest = [...new Map(checks?.results.map((one) => [one.name, one])).values()]
  return (
    <div className="flex flex-col gap-3 px-3 pb-3 pl-11">
      {words && <p className={join('line-clamp-4 break-words whitespace-pre-wrap', run.error ? 'text-bad' : 'text-fg-2')}>{words}</p>}
      {latest.length > 0 && (
        <ul aria-label="Checks" className="flex flex-wrap gap-x-4 gap-y-1">
          {latest.map((check) => (
            <li key={check.name}>
              <Status bare icon={check.passed ? CircleCheck : CircleX} tone={check.passed ? 'ok' : 'bad'} title={check.command}>
                {`${check.name} ${check.passed ? 'passed' : 'failed'}`}
              </Status>
            </li>
          ))}
        </ul>
      )}
      {detail && detail.attempts.length > 0 && (
        <table className="w-full text-left text-12">
          <caption className="sr-only">Attempts of run {run.number}</caption>
          <thead className="text-fg-3">
            <tr>
              {['Attempt', 'Agent', 'Result', 'Tokens', 'Cost', 'Time'].map((name) => (
                <th key={name} className={join('pr-3 pb-1 font-medium', name === 'Tokens' && 'max-sm:hidden')}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="text-fg-2">
            {detail.attempts.map((one) => (
              <tr key={one.number}>
                <td className="pr-3 tabular-nums">{one.number}</td>
                <td className="pr-3">
                  {one.agent}
                  {one.model && <span className="text-fg-3"> {one.model}</span>}
                </td>
                <td className="pr-3">{one.outcome ?? one.state}</td>
                <td className="pr-3 max-sm:hidden">{one.input_tokens === null ? '—' : <Tokens count={one.input_tokens + (one.output_tokens ?? 0)} />}</td>
                <td className="pr-3">{one.calls === null ? '—' : <Money usd={one.cost_usd} />}</td>
                <td>{one.started_at ? <Elapsed from={one.started_at} to={one.ended_at} /> : '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="flex gap-4">
        <Link to="/runs/$id" params={{ id: run.id }} className="text-accent-text hover:underline">
          Follow the run
        </Link>
        {run.head && (
          <Link to="/runs/$id/review" params={{ id: run.id }} className="text-accent-text hover:underline">
            Review the changes
          </Link>
        )}
      </div>
    </div>
  )
}
