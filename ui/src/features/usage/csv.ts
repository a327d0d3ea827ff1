// A table as CSV (RFC 4180), for spreadsheets. Pure but for `download`.

import type { TotalTold } from '@/api/schema'

const COLUMNS = ['key', 'label', 'runs', 'attempts', 'calls', 'input_tokens', 'output_tokens', 'cached_tokens', 'cost_usd', 'unpriced_calls', 'seconds'] as const

export function csv(rows: readonly TotalTold[]): string {
  return [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((name) => cell(row[name])).join(','))].join('\r\n') + '\r\n'
}

function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  // A spreadsheet takes a text that begins so for a formula, and does what it says.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  URL.revokeObjectURL(url)
}
