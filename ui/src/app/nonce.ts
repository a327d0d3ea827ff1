/**
 * The policy lets in only styles that carry this answer's nonce. Libraries make `<style>` elements without one (the diff viewer, for its
 * theme), so whatever our own scripts create is given it; what comes in as markup, from whoever, still has none.
 */
export function signStyles(): void {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce
  if (!nonce) return
  const create = document.createElement.bind(document) as (name: string, options?: ElementCreationOptions) => HTMLElement
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const made = create(name, options)
    if (made instanceof HTMLStyleElement) made.nonce = nonce
    return made
  }) as typeof document.createElement
}
