/** Text of strangers on one line (names of files, code): what cannot be seen, or turns the direction of writing, is made visible. */
import { Fragment } from 'react'

// Controls, formats (marks without width, those that turn the direction), other separators of lines, whatever else is drawn as nothing.
// The tab is seen, and the two selectors choose how the sign before them looks.
const HIDDEN = /(?!\t|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

export interface Hidden {
  from: number
  to: number
  /** What is shown for it: "␇", "U+202E". */
  sign: string
}

/** Where such characters stand, in order. */
export function hiddenIn(text: string): Hidden[] {
  return Array.from(text.matchAll(HIDDEN), (found) => ({ from: found.index, to: found.index + found[0].length, sign: signOf(found[0].codePointAt(0)!) }))
}

function signOf(code: number): string {
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

const CONTROLS = 'NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(' ')

/** Such a character, as it is shown: controls by their names, for which more fonts have letters. */
export function Sign({ children: sign }: { children: string }) {
  const children = CONTROLS[sign.codePointAt(0)! - 0x2400] ?? (sign === '␡' ? 'DEL' : sign)
  return (
    <span title="A character that cannot be seen" className="mx-px rounded-4 bg-warn-soft px-0.5 text-warn outline outline-current/40">
      {children}
    </span>
  )
}

export function Visible({ text }: { text: string }) {
  const hidden = hiddenIn(text)
  if (!hidden.length) return <bdi>{text}</bdi>
  return (
    <bdi>
      {hidden.map(({ from, sign }, at) => (
        <Fragment key={from}>
          {text.slice(hidden[at - 1]?.to ?? 0, from)}
          <Sign>{sign}</Sign>
        </Fragment>
      ))}
      {text.slice(hidden.at(-1)!.to)}
    </bdi>
  )
}
