// What of a comparison stands in its address: which two are laid beside each other, and which file. Above: the route and the page.

export interface Search {
  left?: string | undefined
  right?: string | undefined
  file?: string | undefined
}

export function readSearch(given: Record<string, unknown>): Search {
  const words = (name: string) => (typeof given[name] === 'string' && given[name] !== '' ? given[name] : undefined)
  return { left: words('left'), right: words('right'), file: words('file') }
}
