/** The whole run as a strip of coloured ticks, drawn on a canvas; a click, or the arrow keys, jump to that place. */
import { useEffect, useRef } from 'react'
import { useIsDark } from '@/kit/theme'
import type { Tone } from '@/kit/Status'
import { toneOf, type Entry } from './entries'

/** Where one column holds several, the one that matters most is seen. */
const WEIGHT: Record<Tone, number> = { plain: 0, run: 1, accent: 2, info: 3, ok: 4, warn: 5, bad: 6 }
const TONES = Object.keys(WEIGHT) as Tone[]
const VARIABLES: Record<Tone, string> = { plain: '--line-strong', ok: '--ok', warn: '--warn', bad: '--bad', info: '--info', run: '--run', accent: '--accent' }
const HEIGHT = 20
const TICK_AT_MOST = 8

export interface StripProps {
  entries: readonly Entry[]
  version: number
  /** First and last line that is seen. */
  seen: readonly [number, number]
  onJump(index: number): void
}

export function Strip({ entries, version, seen: [from, to], onJump }: StripProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const isDark = useIsDark()

  useEffect(() => {
    const box = canvas.current
    if (!box) return
    const draw = () => paint(box, entries, from, to)
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(box)
    return () => observer.disconnect()
  }, [entries, version, from, to, isDark])

  const jump = (index: number) => onJump(Math.max(0, Math.min(entries.length - 1, index)))
  const page = Math.max(1, Math.round(entries.length / 20))
  const keys: Record<string, number> = { ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - page, PageDown: from + page, Home: 0, End: entries.length - 1 }
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Place in the run"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, entries.length)}
      aria-valuenow={Math.max(1, Math.min(entries.length, from + 1))}
      aria-valuetext={`Line ${(from + 1).toLocaleString('en')} of ${entries.length.toLocaleString('en')}`}
      onKeyDown={(event) => {
        const index = keys[event.key]
        if (index === undefined) return
        event.preventDefault()
        jump(index)
      }}
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        jump(Math.floor((event.clientX - box.left) / widthOf(box.width, entries.length)))
      }}
      className="shrink-0 cursor-pointer border-b border-line bg-surface px-0 pointer-coarse:py-3"
    >
      <canvas ref={canvas} aria-hidden className="block h-5 w-full" />
    </div>
  )
}

const widthOf = (width: number, count: number): number => Math.min(TICK_AT_MOST, width / Math.max(1, count))

function paint(box: HTMLCanvasElement, entries: readonly Entry[], from: number, to: number): void {
  const scale = devicePixelRatio || 1
  const width = box.clientWidth
  box.width = Math.round(width * scale)
  box.height = HEIGHT * scale
  const context = box.getContext('2d')
  if (!context || !entries.length) return
  context.scale(scale, scale)
  const style = getComputedStyle(box)
  const colours = TONES.map((tone) => style.getPropertyValue(VARIABLES[tone]))
  const tick = widthOf(width, entries.length)
  context.fillStyle = style.getPropertyValue('--hover')
  context.fillRect(from * tick, 0, Math.max(2, (to - from + 1) * tick), HEIGHT)
  const columns = new Int8Array(Math.ceil(width) + 1).fill(-1)
  for (const [index, entry] of entries.entries()) {
    const tone = TONES.indexOf(toneOf(entry))
    if (tick >= 2) {
      context.fillStyle = colours[tone]!
      context.fillRect(index * tick, 5, tick - 1, HEIGHT - 10)
      continue
    }
    const column = Math.floor(index * tick)
    const there = columns[column]!
    if (there < 0 || WEIGHT[TONES[there]!] < WEIGHT[TONES[tone]!]) columns[column] = tone
  }
  if (tick >= 2) return
  for (const [column, tone] of columns.entries()) {
    if (tone < 0) continue
    context.fillStyle = colours[tone]!
    context.fillRect(column, 5, 1, HEIGHT - 10)
  }
}
