// What of a review stands in its address. Above: the route and the page.

export interface Search {
  view?: 'split' | undefined
  /** A commit: only what is otherwise than there. */
  since?: string | undefined
  /** The file that is opened. */
  file?: string | undefined
  /** Words that the names of files must have. */
  find?: string | undefined
}

export function readSearch(given: Record<string, unknown>): Search {
  const words = (name: string) => (typeof given[name] === 'string' && given[name] !== '' ? given[name] : undefined)
  return { view: given.view === 'split' ? 'split' : undefined, since: words('since'), file: words('file'), find: words('find') }
}
