/** Bars that lie, the longest first: who, or what, with what was done, refused and failed. The table below says the same in figures. */
import type { CountTold } from '@/api/schema'
import { OUTCOME } from './Outcome'
import { sumOf } from './Upright'
import { STATUSES } from './search'

const ROWS_AT_MOST = 12

export function Lying({ label, counts }: { label: string; counts: readonly CountTold[] }) {
  const sorted = counts.toSorted((a, b) => sumOf(b) - sumOf(a))
  const shown = sorted.slice(0, ROWS_AT_MOST)
  const most = Math.max(...shown.map(sumOf), 1)
  return (
    <figure aria-label={label} className="rounded-8 border border-line bg-surface p-4">
      <div className="flex flex-col gap-2">
        {shown.map((count) => {
          let left = 0
          return (
            <div key={count.name} className="grid grid-cols-[6rem_1fr_3rem] sm:grid-cols-[12rem_1fr_4rem] items-center gap-3">
              <span className="truncate text-12" title={count.name}>
                {count.name || '—'}
              </span>
              <svg aria-hidden className="h-4 w-full" preserveAspectRatio="none" viewBox="0 0 100 10">
                <rect x="0" y="0" width="100" height="10" className="fill-(--sunken)" />
                {STATUSES.map((status) => {
                  const x = left
                  const wide = (count[status] / most) * 100
                  left += wide
                  return wide > 0 && <rect key={status} x={x} y="0" width={wide} height="10" className={OUTCOME[status].fill} />
                })}
              </svg>
              <span className="text-right text-12 tabular-nums">{sumOf(count).toLocaleString('en')}</span>
            </div>
          )
        })}
      </div>
      {sorted.length > shown.length && <figcaption className="mt-3 text-12 text-fg-3">And {sorted.length - shown.length} more in the table.</figcaption>}
    </figure>
  )
}
