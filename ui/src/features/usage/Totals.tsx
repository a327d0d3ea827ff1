/** The sums: what stands out first, then a chart, then the same as a table to take along. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ChartColumn, Download, TriangleAlert } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { ask } from '@/api/client'
import type { TotalTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { download } from '@/kit/csv'
import { Money, span, Tokens, useNow } from '@/kit/figures'
import { join } from '@/kit/look'
import { ErrorState, EmptyState, Skeleton } from '@/kit/states'
import { BarChart, type Measure } from './BarChart'
import { csv } from './csv'
import { beginningOf, BY_LABEL, type By, type Since } from './spans'

export function Totals({ by, since }: { by: By; since: Since }) {
  const beginning = useNow((now) => beginningOf(since, now))
  const navigate = useNavigate()
  const { data, error, refetch, isPlaceholderData } = useQuery({ ...ask('GET /api/usage', { query: { by, since: beginning } }), placeholderData: (before) => before })
  if (error && !data) return <ErrorState what="The usage could not be read." error={error} onRetry={() => void refetch()} />
  if (!data)
    return (
      <div className="p-4">
        <Skeleton>
          <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
            {Array.from({ length: 4 }, (_, tile) => (
              <div key={tile} className="h-20 rounded-8 bg-sunken" />
            ))}
          </div>
          <div className="h-64 rounded-8 bg-sunken" />
        </Skeleton>
      </div>
    )
  if (data.length === 0)
    return since === 'ever' ? (
      <EmptyState icon={ChartColumn} action={<Button onPress={() => void navigate({ to: '/board' })}>To the board</Button>}>
        No agent has been at work yet: give a task to one.
      </EmptyState>
    ) : (
      <EmptyState icon={ChartColumn} action={<Button onPress={() => void navigate({ to: '/usage', search: { by, since: 'ever' } })}>Since the beginning</Button>}>
        Nothing was used in this time.
      </EmptyState>
    )
  return (
    <div className={join('mx-auto flex max-w-6xl flex-col gap-6 p-4 pb-12', isPlaceholderData && 'opacity-60')}>
      <Summary rows={data} />
      <Shown key={by} rows={data} by={by} />
    </div>
  )
}

function Summary({ rows }: { rows: TotalTold[] }) {
  const sum = (name: 'runs' | 'calls' | 'input_tokens' | 'output_tokens' | 'cached_tokens' | 'unpriced_calls' | 'seconds') => rows.reduce((total, row) => total + row[name], 0)
  const priced = rows.filter(({ cost_usd }) => cost_usd !== null)
  const cost = priced.length ? priced.reduce((total, { cost_usd }) => total + (cost_usd ?? 0), 0) : null
  const unpriced = sum('unpriced_calls')
  return (
    <div className="flex flex-col gap-3">
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Tile name="Spent" value={<Money usd={cost} />} more={`${sum('calls').toLocaleString('en')} calls of models`} />
        <Tile name="Tokens in" value={<Tokens count={sum('input_tokens')} />} more={<><Tokens count={sum('cached_tokens')} /> of them cached</>} />
        <Tile name="Tokens out" value={<Tokens count={sum('output_tokens')} />} more="what models have said" />
        <Tile name="At work" value={span(sum('seconds'))} more={`${sum('runs').toLocaleString('en')} runs`} />
      </dl>
      {unpriced > 0 && (
        <p role="note" className="flex items-center gap-2 rounded-8 bg-warn-soft px-3 py-2 text-warn">
          <TriangleAlert size={16} aria-hidden className="shrink-0" />
          {unpriced.toLocaleString('en')} {unpriced === 1 ? 'call has' : 'calls have'} no known price and {unpriced === 1 ? 'is' : 'are'} missing in the sum.
        </p>
      )}
    </div>
  )
}

function Tile({ name, value, more }: { name: string; value: ReactNode; more: ReactNode }) {
  return (
    <div className="rounded-8 border border-line bg-surface px-4 py-3">
      <dt className="text-12 text-fg-2">{name}</dt>
      <dd className="text-20 font-semibold tabular-nums">{value}</dd>
      <dd className="text-12 text-fg-3">{more}</dd>
    </div>
  )
}

const MEASURES: Record<Measure, string> = { cost: 'Cost', tokens: 'Tokens', time: 'Time' }

function Shown({ rows, by }: { rows: TotalTold[]; by: By }) {
  const [measure, setMeasure] = useState<Measure>(rows.some(({ cost_usd }) => cost_usd) ? 'cost' : 'tokens')
  return (
    <section aria-label={`By ${by}`} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="flex-1 text-14">By {BY_LABEL[by].toLowerCase()}</h2>
        <div role="group" aria-label="What the chart shows" className="flex rounded-6 border border-line p-0.5">
          {(['cost', 'tokens', 'time'] as const).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={measure === one}
              onClick={() => setMeasure(one)}
              className={join('h-7 rounded-4 px-3 font-medium pointer-coarse:h-10', measure === one ? 'bg-accent-soft text-accent-text' : 'text-fg-2 hover:text-fg')}
            >
              {MEASURES[one]}
            </button>
          ))}
        </div>
        <Button icon={Download} onPress={() => download(`usage-by-${by}.csv`, csv(rows))}>
          CSV
        </Button>
      </div>
      <BarChart rows={rows} measure={measure} isByDay={by === 'day'} label={`${MEASURES[measure]} by ${by}`} />
      <Table rows={rows} by={by} />
    </section>
  )
}

function Table({ rows, by }: { rows: TotalTold[]; by: By }) {
  const head = 'px-3 py-2 text-right text-12 font-medium text-fg-2 first:text-left'
  const cell = 'px-3 py-2 text-right tabular-nums first:text-left'
  return (
    // What scrolls must be reached by keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div tabIndex={0} role="region" aria-label={`Usage by ${by} as a table`} className="overflow-x-auto rounded-8 border border-line bg-surface">
      <table className="w-full min-w-160 border-collapse">
        <thead className="border-b border-line">
          <tr>
            {[BY_LABEL[by], 'Runs', 'Attempts', 'Calls', 'In', 'Cached', 'Out', 'Time', 'Cost'].map((name) => (
              <th key={name} scope="col" className={head}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key ?? ''} className="border-b border-line last:border-0 hover:bg-hover">
              <th scope="row" className={join(cell, 'max-w-72 truncate font-medium')} title={row.label}>
                {row.key === null ? <span className="text-fg-2">{row.label}</span> : row.label}
              </th>
              <td className={cell}>{row.runs.toLocaleString('en')}</td>
              <td className={cell}>{row.attempts.toLocaleString('en')}</td>
              <td className={cell}>{row.calls.toLocaleString('en')}</td>
              <td className={cell}>
                <Tokens count={row.input_tokens} />
              </td>
              <td className={cell}>
                <Tokens count={row.cached_tokens} />
              </td>
              <td className={cell}>
                <Tokens count={row.output_tokens} />
              </td>
              <td className={cell}>{span(row.seconds)}</td>
              <td className={cell}>
                <Money usd={row.cost_usd} />
                {row.unpriced_calls > 0 && (
                  <span className="text-warn" title={`${row.unpriced_calls} calls without a known price`}>
                    {' '}
                    + {row.unpriced_calls} unpriced
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
