/** The whole run as a strip of coloured ticks, drawn on a canvas; a click, or the arrow keys, jump to that place. */
import { useEffect, useMemo, useRef } from 'react'
import { useIsDark } from '@/kit/theme'
import type { Tone } from '@/kit/Status'
import { TONES } from './entries'

const VARIABLES: Record<Tone, string> = { plain: '--line-strong', ok: '--ok', warn: '--warn', bad: '--bad', info: '--info', run: '--run', accent: '--accent' }
const HEIGHT = 20
const TICK_AT_MOST = 8

export interface StripProps {
  /** Of each line its place in `TONES`. */
  tones: readonly number[]
  version: number
  /** First and last line that is seen. */
  seen: readonly [number, number]
  onJump(index: number): void
}

export function Strip({ tones, version, seen: [from, to], onJump }: StripProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const isDark = useIsDark()
  const inks = useMemo(inksNow, [isDark])

  useEffect(() => {
    const box = canvas.current
    if (!box) return
    const draw = () => paint(box, tones, inks, from, to)
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(box)
    return () => observer.disconnect()
  }, [tones, version, from, to, inks])

  const jump = (index: number) => onJump(Math.max(0, Math.min(tones.length - 1, index)))
  const page = Math.max(1, Math.round(tones.length / 20))
  const keys: Record<string, number> = { ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - page, PageDown: from + page, Home: 0, End: tones.length - 1 }
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Place in the run"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, tones.length)}
      aria-valuenow={Math.max(1, Math.min(tones.length, from + 1))}
      aria-valuetext={`Line ${(from + 1).toLocaleString('en')} of ${tones.length.toLocaleString('en')}`}
      onKeyDown={(event) => {
        const index = keys[event.key]
        if (index === undefined) return
        event.preventDefault()
        jump(index)
      }}
      onClick={(event) => {
        const box = canvas.current?.getBoundingClientRect()
        if (box) jump(Math.floor((event.clientX - box.left) / widthOf(box.width, tones.length)))
      }}
      className="shrink-0 cursor-pointer border-b border-line bg-surface px-4 pointer-coarse:py-3"
    >
      <canvas ref={canvas} aria-hidden className="block h-5 w-full" />
    </div>
  )
}

const widthOf = (width: number, count: number): number => Math.min(TICK_AT_MOST, width / Math.max(1, count))

interface Inks {
  seen: string
  tones: string[]
}

function inksNow(): Inks {
  const style = getComputedStyle(document.documentElement)
  return { seen: style.getPropertyValue('--hover'), tones: TONES.map((tone) => style.getPropertyValue(VARIABLES[tone])) }
}

function paint(box: HTMLCanvasElement, tones: readonly number[], { seen, tones: colours }: Inks, from: number, to: number): void {
  const scale = devicePixelRatio || 1
  const width = box.clientWidth
  box.width = Math.round(width * scale)
  box.height = HEIGHT * scale
  const context = box.getContext('2d')
  if (!context || !tones.length) return
  context.scale(scale, scale)
  const tick = widthOf(width, tones.length)
  context.fillStyle = seen
  context.fillRect(from * tick, 0, Math.max(2, (to - from + 1) * tick), HEIGHT)
  const columns = new Int8Array(Math.ceil(width) + 1).fill(-1)
  for (let index = 0; index < tones.length; index++) {
    const tone = tones[index]!
    if (tick >= 2) {
      context.fillStyle = colours[tone]!
      context.fillRect(index * tick, 5, tick - 1, HEIGHT - 10)
      continue
    }
    const column = Math.floor(index * tick)
    if (columns[column]! < tone) columns[column] = tone
  }
  if (tick >= 2) return
  for (const [column, tone] of columns.entries()) {
    if (tone < 0) continue
    context.fillStyle = colours[tone]!
    context.fillRect(column, 5, 1, HEIGHT - 10)
  }
}
