// How much of a budget is gone, as bars. Pure.

import type { BudgetTold } from '@/api/schema'
import { money, tokens } from '@/kit/figures'

export interface Bar {
  unit: 'usd' | 'tokens'
  /** Percent of the cap: what is spent, and what is set aside beyond that for attempts at work. */
  spent: number
  held: number
  tone: 'ok' | 'info' | 'warn' | 'bad'
  word: string
  /** "$6.00 of $10.00, $2.00 left". */
  text: string
}

export const MARKS = [50, 80, 100] as const

export function barsOf(budget: BudgetTold): Bar[] {
  const { usd, tokens: cap } = budget
  const bars: Bar[] = []
  if (usd !== null) bars.push(barOf('usd', usd, budget.spent_usd, budget.held_usd, budget.left_usd ?? 0, money))
  if (cap !== null) bars.push(barOf('tokens', cap, budget.spent_tokens, budget.held_tokens, budget.left_tokens ?? 0, (count) => `${tokens(count)} tokens`))
  return bars
}

function barOf(unit: Bar['unit'], cap: number, spent: number, held: number, left: number, show: (value: number) => string): Bar {
  const percent = cap === 0 ? 100 : (spent / cap) * 100
  const width = Math.min(100, percent)
  const tone = percent >= 100 ? 'bad' : percent >= 80 ? 'warn' : percent >= 50 ? 'info' : 'ok'
  return {
    unit,
    spent: width,
    held: cap === 0 ? 0 : Math.max(0, Math.min(100, (held / cap) * 100) - width),
    tone,
    word: cap === 0 ? 'Nothing may be spent' : percent >= 100 ? 'Spent' : `${Math.floor(percent)}% spent`,
    text: `${show(spent)} of ${show(cap)}, ${show(Math.max(0, left))} left`,
  }
}
