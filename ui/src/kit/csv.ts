// Tables as CSV (RFC 4180), for spreadsheets; and handing a file to whoever looks. Pure but for `download`.

export type Cell = string | number | null

export function csvOf(head: readonly string[], rows: ReadonlyArray<readonly Cell[]>): string {
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

function cell(value: Cell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  // A spreadsheet takes a text that begins so for a formula, and does what it says.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function download(name: string, content: string | Blob, type = 'text/csv'): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  URL.revokeObjectURL(url)
}
