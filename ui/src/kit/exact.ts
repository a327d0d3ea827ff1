/** Text whose every character must be seen, such as a command that is to be allowed: what a screen hides or reorders is written out. */
import { hiddenIn } from './Visible'

/** "␛[8m" for an escape, "⟨U+202E⟩" for a mark that turns the direction of writing. New lines stay. For one line as elements: `Visible`. */
export function exact(text: string): string {
  let shown = ''
  let at = 0
  for (const { from, to, sign } of hiddenIn(text)) {
    const isLine = text[from] === '\n'
    shown += text.slice(at, from) + (isLine ? '\n' : sign.length > 1 ? `⟨${sign}⟩` : sign)
    at = to
  }
  return shown + text.slice(at)
}
