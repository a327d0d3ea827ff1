/** A password that is to become one: with the hub's rules beside it, told while it is typed. */
import { TextField } from '@/kit/Field'

const SHORTEST = 12
const LONGEST = 256
const DISTINCT_AT_LEAST = 5

/** What the hub would refuse it for, or null. It knows some more that are guessed first. */
export function weaknessOf(password: string, names: ReadonlyArray<string | null | undefined> = []): string | null {
  const plain = password.normalize('NFKC').toLowerCase()
  const length = [...plain].length
  if (length < SHORTEST) return `At least ${SHORTEST} characters: ${SHORTEST - length} more.`
  if (length > LONGEST) return `At most ${LONGEST} characters.`
  if (new Set(plain).size < DISTINCT_AT_LEAST) return 'Too few different characters.'
  const parts = names.map((name) => (name ?? '').split('@')[0]!.toLowerCase())
  return parts.some((part) => part.length > 2 && plain.includes(part)) ? 'It holds your name, which is guessed first.' : null
}

export interface NewPasswordProps {
  label?: string
  value: string
  onChange(value: string): void
  /** What it may not hold. */
  names?: ReadonlyArray<string | null | undefined>
  error?: string | undefined
}

export function NewPassword({ label = 'Password', value, onChange, names, error }: NewPasswordProps) {
  const weakness = value ? weaknessOf(value, names) : null
  const hint = value ? <span className={weakness ? 'text-warn' : 'text-ok'}>{weakness ?? 'Good.'}</span> : `At least ${SHORTEST} characters, such as four unrelated words.`
  return <TextField label={label} type="password" autoComplete="new-password" value={value} onChange={onChange} hint={hint} error={error} maxLength={1000} />
}
