/** Markdown made into HTML in which nothing can run, load, or pass for a part of this page. Above: Markdown.tsx, which fetches it when needed. */
import DOMPurify from 'dompurify'
import { Marked } from 'marked'

const KEPT_AT_MOST = 500
const TAGS = ['a', 'b', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'input', 'li', 'ol', 'p', 'pre', 's', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul', 'img']
const ATTRIBUTES = ['href', 'title', 'align', 'type', 'checked', 'disabled', 'start', 'alt', 'src']

// HTML within markdown: a tag that only gives form and has no attributes is meant as one; any other is shown as it was written.
const NO_PLAIN_TAG = /<(?!\/?(?:b|blockquote|br|code|del|em|h[1-6]|hr|i|li|ol|p|pre|s|strong|table|tbody|td|th|thead|tr|ul)\s*\/?>)/gi

const marked = new Marked({ gfm: true, breaks: true, async: false, renderer: { html: ({ text }) => text.replace(NO_PLAIN_TAG, '&lt;') } })
const purify = DOMPurify(window)
const kept = new Map<string, string>()

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.nodeName === 'A') {
    const href = node.getAttribute('href') ?? ''
    if (!/^(https?:|mailto:|\/(?![/\\])|#)/i.test(href)) node.removeAttribute('href')
    else if (!/^[/#]/.test(href)) {
      node.setAttribute('rel', 'noopener noreferrer nofollow')
      node.setAttribute('target', '_blank')
      node.setAttribute('title', href)
    }
  }
  // Only what this hub itself keeps is shown as an image: an address elsewhere would tell its owner who reads.
  if (node.nodeName === 'IMG' && !(node.getAttribute('src') ?? '').startsWith('/api/')) node.replaceWith(node.getAttribute('alt') ?? '')
  // A tick in a list of things to do, as a sign that is read out too.
  if (node.nodeName === 'INPUT') node.replaceWith(node.getAttribute('type') !== 'checkbox' ? '' : node.hasAttribute('checked') ? '☑ ' : '☐ ')
})

/** Markdown as HTML without anything that acts. */
export function html(text: string): string {
  const known = kept.get(text)
  if (known !== undefined) return known
  const made = purify.sanitize(marked.parse(text) as string, { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: [...ATTRIBUTES, 'rel', 'target'], ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false })
  kept.set(text, made)
  if (kept.size > KEPT_AT_MOST) kept.delete(kept.keys().next().value!)
  return made
}
