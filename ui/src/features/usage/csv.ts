// The sums as CSV. Pure.

import type { TotalTold } from '@/api/schema'
import { csvOf } from '@/kit/csv'

const COLUMNS = ['key', 'label', 'runs', 'attempts', 'calls', 'input_tokens', 'output_tokens', 'cached_tokens', 'cost_usd', 'unpriced_calls', 'seconds'] as const

export const csv = (rows: readonly TotalTold[]): string => csvOf(COLUMNS, rows.map((row) => COLUMNS.map((name) => row[name])))
