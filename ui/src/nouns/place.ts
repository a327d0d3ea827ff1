/** A place of this hub's own pages, such as "/board?q=x"; whatever leads elsewhere becomes the beginning. */
export function placeIn(text: unknown, origin: string = location.origin): string {
  if (typeof text !== 'string' || !text.startsWith('/')) return '/'
  try {
    const { origin: found, pathname, search, hash } = new URL(text, origin)
    return found === origin && !/^\/(sign-in|api)(\/|$)/.test(pathname) ? pathname + search + hash : '/'
  } catch {
    return '/'
  }
}
