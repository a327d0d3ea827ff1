// A configuration as TOML text, for people to read and edit; the hub reads it. Pure.

type Table = Record<string, unknown>

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTables = (value: unknown): value is Table[] => Array.isArray(value) && value.length > 0 && value.every(isTable)

/** Values first, then tables, then lists of tables. What is null is left out. */
export function toml(table: Table): string {
  const text = lines(table, '').join('\n').trim()
  return text ? `${text}\n` : ''
}

function lines(table: Table, within: string): string[] {
  const all = Object.entries(table).filter(([, value]) => value !== null && value !== undefined)
  const plain = all.filter(([, value]) => !isTable(value) && !isTables(value)).map(([name, value]) => `${keyOf(name)} = ${valueOf(value)}`)
  const tables = all.flatMap(([name, value]) => (isTable(value) ? ['', `[${within}${keyOf(name)}]`, ...lines(value, `${within}${keyOf(name)}.`)] : []))
  const lists = all.flatMap(([name, value]) =>
    isTables(value) ? value.flatMap((one) => ['', `[[${within}${keyOf(name)}]]`, ...lines(one, `${within}${keyOf(name)}.`)]) : [],
  )
  return [...plain, ...tables, ...lists]
}

const keyOf = (name: string): string => (/^[A-Za-z0-9_-]+$/.test(name) ? name : stringOf(name))

function valueOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueOf).join(', ')}]`
  if (isTable(value)) return `{ ${Object.entries(value).map(([name, one]) => `${keyOf(name)} = ${valueOf(one)}`).join(', ')} }`
  if (typeof value === 'string') return value.includes('\n') ? longOf(value) : stringOf(value)
  return JSON.stringify(value)
}

const stringOf = (text: string): string => JSON.stringify(text).replaceAll('\x7f', '\\u007f')

function longOf(text: string): string {
  const inner = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"""', '""\\"')
    // oxlint-disable-next-line no-control-regex -- these are what TOML does not allow as they are
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `"""\n${inner.endsWith('"') ? `${inner.slice(0, -1)}\\"` : inner}"""`
}

/** The line that a refusal names, as in "configuration, line 3: mode: …"; null when it names none. */
export function lineIn(refusal: string): number | null {
  const found = /\bline (\d+)/.exec(refusal)
  return found ? Number(found[1]) : null
}
