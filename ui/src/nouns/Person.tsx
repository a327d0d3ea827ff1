/** A person as a small round mark of initials, with the name for whoever asks. */

/** "ann.lee@example.org" as "AL", "owner" as "OW". */
export function initials(name: string): string {
  const words = name.replace(/@.*$/, '').split(/[\s._:-]+/).filter(Boolean)
  const [first = '?', second] = words
  return (second ? [...first][0]! + [...second][0]! : [...first].slice(0, 2).join('')).toUpperCase()
}

export function Person({ name, says = 'Assigned to' }: { name: string; says?: string }) {
  return (
    <span title={`${says} ${name}`} className="-my-0.5 inline-flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-12 leading-none font-medium tracking-tighter text-accent-text">
      <span aria-hidden>{initials(name)}</span>
      <span className="sr-only">
        {says} {name}
      </span>
    </span>
  )
}
