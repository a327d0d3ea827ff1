/**
 * Bars in the order of time, each of what was done, refused and failed. With `onChoose` the mouse takes a bar, and by keys the arrows do:
 * it is one stop of the tab key, and says each bar in words.
 */
import type { CountTold } from '@/api/schema'
import { join } from '@/kit/look'
import { OUTCOME } from './Outcome'
import { STATUSES } from './search'

const GAP = 0.2 // of a bar's width
const NARROWEST = 24 // bars: fewer are as wide as if there were so many

export interface UprightProps {
  label: string
  buckets: readonly string[]
  counts: readonly CountTold[]
  height?: number
  chosen?: string | undefined
  onChoose?(bucket: string | undefined): void
}

export const sumOf = ({ success, denied, failure }: Pick<CountTold, 'success' | 'denied' | 'failure'>): number => success + denied + failure

export function wordsOf(bucket: string, count: CountTold | undefined): string {
  const when = bucket.length === 10 ? bucket : `${bucket.slice(0, 10)} ${bucket.slice(11)} h UTC`
  if (!count) return `${when}: nothing`
  const { denied, failure } = count
  return [`${when}: ${sumOf(count).toLocaleString('en')}`, denied && `${denied.toLocaleString('en')} refused`, failure && `${failure.toLocaleString('en')} failed`].filter(Boolean).join(', ')
}

export function Upright({ label, buckets, counts, height = 72, chosen, onChoose }: UprightProps) {
  const known = new Map(counts.map((count) => [count.name, count]))
  const most = Math.max(...counts.map(sumOf), 1)
  const width = Math.max(buckets.length, NARROWEST)
  const at = chosen === undefined ? -1 : buckets.indexOf(chosen)
  const move = (step: number) => {
    const next = at < 0 ? (step < 0 ? buckets.length - 1 : 0) : Math.max(0, Math.min(buckets.length - 1, at + step))
    onChoose?.(buckets[next])
  }
  const keys: Record<string, () => void> = {
    ArrowLeft: () => move(-1),
    ArrowRight: () => move(1),
    Home: () => onChoose?.(buckets[0]),
    End: () => onChoose?.(buckets.at(-1)),
    Escape: () => onChoose?.(undefined),
  }
  const slider = onChoose && {
    role: 'slider',
    tabIndex: 0,
    'aria-label': label,
    'aria-valuemin': 0,
    'aria-valuemax': Math.max(0, buckets.length - 1),
    'aria-valuenow': Math.max(0, at),
    'aria-valuetext': at < 0 ? 'The whole time' : wordsOf(chosen!, known.get(chosen!)),
    onKeyDown: (event: React.KeyboardEvent) => {
      const act = keys[event.key]
      if (!act) return
      event.preventDefault()
      act()
    },
  }
  return (
    <figure aria-label={onChoose ? undefined : label} className="rounded-8 border border-line bg-surface p-3">
      <div className="flex gap-2">
        <div aria-hidden className="flex min-w-8 flex-col justify-between text-right text-12 leading-3 text-fg-3 tabular-nums">
          <span>{most.toLocaleString('en')}</span>
          <span>0</span>
        </div>
        <div {...slider} className="min-w-0 flex-1 rounded-4">
          <svg aria-hidden height={height} width="100%" preserveAspectRatio="none" viewBox={`0 0 ${width} 100`} className="block">
            {buckets.map((bucket, index) => {
              const count = known.get(bucket)
              let top = 100
              return (
                <g key={bucket} className={join(onChoose && 'cursor-pointer', at >= 0 && at !== index && 'opacity-40')} onClick={onChoose && (() => onChoose(bucket === chosen ? undefined : bucket))}>
                  <rect x={index} width={1} y={0} height={100} className={at === index ? 'fill-(--hover)' : 'fill-transparent'}>
                    <title>{wordsOf(bucket, count)}</title>
                  </rect>
                  {count &&
                    STATUSES.map((status) => {
                      const tall = (count[status] / most) * 100
                      top -= tall
                      return tall > 0 && <rect key={status} x={index + GAP / 2} width={1 - GAP} y={top} height={tall} className={join(OUTCOME[status].fill, 'pointer-events-none')} />
                    })}
                </g>
              )
            })}
            <line x1="0" x2={width} y1="100" y2="100" className="stroke-(--line-strong)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
          </svg>
        </div>
      </div>
      <figcaption className="mt-1 flex justify-between gap-3 pl-10 text-12 text-fg-3 tabular-nums">
        <span>{buckets[0]?.replace('T', ' ')}</span>
        {buckets.length > 1 && <span>{buckets.at(-1)!.replace('T', ' ')} UTC</span>}
      </figcaption>
    </figure>
  )
}
