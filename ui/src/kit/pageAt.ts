/** An address that another program told, if it is one that a browser opens as a page; nothing else becomes a link. */
export const pageAt = (url: string | null): string | undefined => (url !== null && /^https?:\/\//i.test(url) ? url : undefined)
