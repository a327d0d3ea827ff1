/** Bars: days upright in their order, all else lying, the longest first. The table below says the same in figures. */
import type { TotalTold } from '@/api/schema'
import { money, span, tokens } from '@/kit/figures'
import { daysBetween } from './spans'

export type Measure = 'cost' | 'tokens' | 'time'

const ROWS_AT_MOST = 12
const HEIGHT = 160
const GAP = 0.25 // of a day's width

interface Props {
  rows: readonly TotalTold[]
  measure: Measure
  label: string
}

const VALUE: Record<Measure, (row: TotalTold) => number> = {
  cost: (row) => row.cost_usd ?? 0,
  tokens: (row) => row.input_tokens + row.output_tokens,
  time: (row) => row.seconds,
}
const SHOW: Record<Measure, (value: number) => string> = { cost: money, tokens: (value) => tokens(value), time: span }

export function BarChart({ isByDay, ...props }: Props & { isByDay: boolean }) {
  return isByDay ? <Upright {...props} /> : <Lying {...props} />
}

function Lying({ rows, measure, label }: Props) {
  const value = VALUE[measure]
  const sorted = rows.toSorted((a, b) => value(b) - value(a))
  const shown = sorted.slice(0, ROWS_AT_MOST)
  const most = Math.max(...shown.map(value), Number.MIN_VALUE)
  return (
    <figure aria-label={label} className="rounded-8 border border-line bg-surface p-4">
      <div className="flex flex-col gap-2">
        {shown.map((row) => (
          <div key={row.key ?? ''} className="grid grid-cols-[minmax(5rem,12rem)_1fr_5.5rem] items-center gap-3">
            <span className="truncate text-12" title={row.label}>
              {row.label}
            </span>
            <svg aria-hidden className="h-4 w-full" preserveAspectRatio="none" viewBox="0 0 100 10">
              <rect x="0" y="0" width="100" height="10" className="fill-(--sunken)" />
              <rect x="0" y="0" width={(value(row) / most) * 100} height="10" className="fill-(--accent)" />
            </svg>
            <span className="text-right text-12 tabular-nums">{measure === 'cost' && row.cost_usd === null ? 'no price' : SHOW[measure](value(row))}</span>
          </div>
        ))}
      </div>
      {sorted.length > shown.length && <figcaption className="mt-3 text-12 text-fg-3">And {sorted.length - shown.length} more in the table.</figcaption>}
    </figure>
  )
}

function Upright({ rows, measure, label }: Props) {
  const value = VALUE[measure]
  const known = new Map(rows.map((row) => [row.key, row]))
  const first = rows[0]?.key
  const last = rows.at(-1)?.key
  const days = first && last ? daysBetween(first, last) : []
  const valueOn = (day: string) => {
    const row = known.get(day)
    return row ? value(row) : 0
  }
  const most = Math.max(...days.map(valueOn), Number.MIN_VALUE)
  return (
    <figure aria-label={label} className="rounded-8 border border-line bg-surface p-4">
      <div className="flex gap-3">
        <div aria-hidden className="flex flex-col justify-between text-right text-12 text-fg-3 tabular-nums">
          <span>{SHOW[measure](most)}</span>
          <span>{SHOW[measure](0)}</span>
        </div>
        <svg aria-hidden className="min-w-0 flex-1" height={HEIGHT} width="100%" preserveAspectRatio="none" viewBox={`0 0 ${Math.max(days.length, 7)} 100`}>
          <line x1="0" x2={Math.max(days.length, 7)} y1="50" y2="50" className="stroke-(--line)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
          {days.map((day, index) => (
            <rect key={day} x={index + GAP / 2} width={1 - GAP} y={100 - (valueOn(day) / most) * 100} height={(valueOn(day) / most) * 100} className="fill-(--accent)">
              <title>{`${day}: ${SHOW[measure](valueOn(day))}`}</title>
            </rect>
          ))}
          <line x1="0" x2={Math.max(days.length, 7)} y1="100" y2="100" className="stroke-(--line-strong)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
        </svg>
      </div>
      <figcaption className="mt-2 flex justify-between pl-14 text-12 text-fg-3 tabular-nums">
        <span>{first}</span>
        {last !== first && <span>{last}</span>}
      </figcaption>
    </figure>
  )
}
