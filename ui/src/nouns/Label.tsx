/** A project's label: its colour as a dot, its name as a word. */
import type { Colour } from '@/api/schema'

const DOTS: Record<Colour, string> = {
  gray: 'bg-[oklch(0.62_0.01_265)]',
  red: 'bg-[oklch(0.6_0.2_26)]',
  orange: 'bg-[oklch(0.69_0.17_52)]',
  yellow: 'bg-[oklch(0.78_0.15_88)]',
  green: 'bg-[oklch(0.64_0.16_148)]',
  teal: 'bg-[oklch(0.65_0.11_190)]',
  blue: 'bg-[oklch(0.6_0.15_248)]',
  purple: 'bg-[oklch(0.58_0.18_300)]',
  pink: 'bg-[oklch(0.66_0.18_350)]',
  brown: 'bg-[oklch(0.52_0.08_60)]',
}

/** `colour`: a `Colour`; what this page does not know is grey. */
export function Label({ name, colour }: { name: string; colour: string }) {
  return (
    <span title={name} className="inline-flex h-5 max-w-32 min-w-0 items-center gap-1.5 rounded-full border border-line bg-surface px-2 text-12 text-fg-2">
      <LabelDot colour={colour} />
      <span className="truncate">{name}</span>
    </span>
  )
}

export function LabelDot({ colour }: { colour: string }) {
  return <span aria-hidden className={`size-2 shrink-0 rounded-full ${DOTS[colour as Colour] ?? DOTS.gray}`} />
}
