// A little colour for code, line by line: comments, strings, numbers, and the words that languages share. It knows no language well, so
// what runs over several lines stays plain. Above: Code. Below: nothing.

export type Paint = 'comment' | 'string' | 'number' | 'word'
export interface Painted {
  from: number
  to: number
  paint: Paint
}

const CHARACTERS_AT_MOST = 500
const WORDS =
  'abstract and as async await break case catch class const continue def default defer del do elif else enum except export extends extern false False finally fn for from func function go if impl implements import in interface is lambda let match mod module mut new nil None not null of or package pass private protected pub public raise return self static struct super switch this throw trait true True try type typeof undefined union unsafe use using var void while with yield'
const STRINGS = String.raw`"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?`
const rule = (comment: string, strings = STRINGS) => new RegExp(String.raw`(${comment})|(${strings})|\b(\d[\w.]*)|\b(${WORDS.replaceAll(' ', '|')})\b`, 'gu')

const HASH = rule(String.raw`(?<![^\s])#.*`)
const SLASH = rule(String.raw`\/\/.*|\/\*.*?(?:\*\/|$)|^\s*\*(?:\s.*|\/.*)?$`, String.raw`${STRINGS}|\x60(?:[^\x60\\]|\\.)*\x60?`)
const DASH = rule('--.*')
const KINDS: ReadonlyArray<[RegExp, RegExp]> = [
  [/\.(?:py|pyi|sh|bash|zsh|rb|pl|r|ya?ml|toml|ini|cfg|conf|nix|ex|exs|jl)$|(?:^|\/)(?:Makefile|Dockerfile|\.gitignore)$/u, HASH],
  [/\.(?:[cm]?[jt]sx?|go|rs|java|kt|swift|c|h|cc|cpp|hpp|cs|php|scala|dart|proto|zig|css|scss|json5?|jsonc)$/u, SLASH],
  [/\.(?:sql|lua|hs|elm)$/u, DASH],
]
const PAINTS: readonly Paint[] = ['comment', 'string', 'number', 'word']

/** What is to be coloured in a line of the file, in order; nothing in files of other kinds. */
export function paint(path: string, text: string): Painted[] {
  const found = text.length <= CHARACTERS_AT_MOST && KINDS.find(([name]) => name.test(path))
  if (!found) return []
  return Array.from(text.matchAll(found[1]), (match) => ({
    from: match.index,
    to: match.index + match[0].length,
    paint: PAINTS[match.slice(1).findIndex((group) => group !== undefined)]!,
  })).filter(({ from, to }) => to > from)
}
