/** Numbers for people: times, spans, money, tokens, changed lines. All with digits of one width. */
import { useSyncExternalStore } from 'react'

const STEPS: ReadonlyArray<[Intl.RelativeTimeFormatUnit, number]> = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** "2 min. ago", "in 3 hr.", "now". */
export function ago(at: Date, now: number): string {
  const seconds = (at.getTime() - now) / 1000
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size)
  return step ? relative.format(Math.trunc(seconds / step[1]), step[0]) : 'now'
}

/** "8 s", "4 min 12 s", "2 h 5 min". */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** "$0.42", "$0.0031", "<$0.0001". */
export function money(usd: number): string {
  if (usd > 0 && usd < 0.0001) return '<$0.0001'
  return `$${usd.toFixed(usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2)}`
}

export const tokens = (count: number): string => compact.format(count)

// One clock for the whole page, that ticks only while somebody looks at it.
let now = Date.now()
const ears = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function listen(ear: () => void) {
  ears.add(ear)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const one of ears) one()
  }, 1000)
  return () => {
    ears.delete(ear)
    if (ears.size) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Milliseconds since 1970, to the second while mounted; components are drawn anew only when `view` of it changes. */
export function useNow<T>(view: (now: number) => T): T {
  return useSyncExternalStore(listen, () => view(now))
}

/** How long ago; the exact time when pointed at. `at`: RFC 3339. */
export function Time({ at }: { at: string }) {
  const date = new Date(at)
  const text = useNow((now) => ago(date, now))
  return (
    <time dateTime={at} title={absolute.format(date)} className="whitespace-nowrap tabular-nums">
      {text}
    </time>
  )
}

/** From then until then, or until now. */
export function Elapsed({ from, to }: { from: string; to?: string | null }) {
  const text = useNow((now) => span(((to ? Date.parse(to) : now) - Date.parse(from)) / 1000))
  return <span className="whitespace-nowrap tabular-nums">{text}</span>
}

/** `usd` null: no known price. */
export function Money({ usd }: { usd: number | null }) {
  return (
    <span className="whitespace-nowrap tabular-nums" title={usd === null ? 'No price is known for this model' : undefined}>
      {usd === null ? '—' : money(usd)}
    </span>
  )
}

export function Tokens({ count }: { count: number }) {
  return (
    <span className="whitespace-nowrap tabular-nums" title={`${count.toLocaleString('en')} tokens`}>
      {tokens(count)}
    </span>
  )
}

/** Lines added and taken away. */
export function Lines({ additions, deletions }: { additions: number; deletions: number }) {
  return (
    <span className="font-mono text-12 whitespace-nowrap tabular-nums">
      <span className="text-ok">+{additions}</span> <span className="text-bad">−{deletions}</span>
    </span>
  )
}
