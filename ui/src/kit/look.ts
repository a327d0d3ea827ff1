/** How things that share a look are dressed. `join` puts class names together and leaves out what is false. */

export const join = (...names: Array<string | false | null | undefined>): string => names.filter(Boolean).join(' ')

export type Kind = 'primary' | 'plain' | 'quiet' | 'danger'

const KINDS: Record<Kind, string> = {
  primary: 'bg-accent text-accent-fg border-transparent hover:bg-accent-hover',
  plain: 'bg-surface text-fg border-line-strong hover:bg-hover',
  quiet: 'bg-transparent text-fg-2 border-transparent hover:bg-hover hover:text-fg',
  danger: 'bg-bad-fill text-accent-fg border-transparent hover:brightness-95',
}

/** For a `<button>` or a link that acts as one. `square`: an icon alone. */
export function buttonLook(kind: Kind = 'plain', square = false): string {
  return join(
    'inline-flex h-control shrink-0 items-center justify-center gap-2 rounded-6 border font-medium whitespace-nowrap transition-colors select-none',
    'disabled:pointer-events-none disabled:opacity-50 data-[disabled]:pointer-events-none data-[disabled]:opacity-50',
    square ? 'w-control px-0' : 'px-3',
    KINDS[kind],
  )
}

export const inputLook =
  'w-full rounded-6 border border-line-strong bg-surface px-3 text-fg placeholder:text-fg-3 disabled:opacity-60 aria-invalid:border-bad data-[invalid]:border-bad'

export const floatLook = 'rounded-8 bg-raised text-fg shadow-float outline-none'

export const itemLook =
  'flex min-h-control items-center gap-2 rounded-6 px-2 py-1 outline-none select-none data-[focused]:bg-hover data-[disabled]:opacity-50'
