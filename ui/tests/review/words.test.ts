import { describe, expect, test } from 'vitest'
import { paint } from '@/nouns/diff/paint'
import { changes, type Span } from '@/nouns/diff/words'

const cut = (text: string, spans: readonly Span[]) => spans.map(({ from, to }) => text.slice(from, to))

describe('words that differ', () => {
  test('are marked on both sides, and nothing else is', () => {
    const [before, after] = ['total = price * count', 'total = price * amount']
    const [gone, come] = changes(before, after)
    expect(cut(before, gone)).toEqual(['count'])
    expect(cut(after, come)).toEqual(['amount'])
  })

  test('that were only added leave the other side without marks', () => {
    const [gone, come] = changes('add(item)', 'add(item, count)')
    expect(gone).toEqual([])
    expect(cut('add(item, count)', come)).toEqual([', count'])
  })

  test('are not marked where the lines have little in common, or are too long to be compared', () => {
    expect(changes('import os', 'return 42')).toEqual([[], []])
    expect(changes('a'.repeat(2000), 'a'.repeat(1999))).toEqual([[], []])
  })

  test('are found in moments, whatever the lines are', () => {
    const begun = performance.now()
    changes('a b '.repeat(240), 'b a '.repeat(240))
    expect(performance.now() - begun).toBeLessThan(500)
  })
})

describe('colours', () => {
  const painted = (path: string, text: string) => paint(path, text).map(({ from, to, paint }) => [text.slice(from, to), paint])

  test('are given to comments, strings, numbers and words by the kind of file', () => {
    expect(painted('a.py', 'return "x" if 1 # why')).toEqual([['return', 'word'], ['"x"', 'string'], ['if', 'word'], ['1', 'number'], ['# why', 'comment']])
    expect(painted('a.ts', "const a = 'b' // why")).toEqual([['const', 'word'], ["'b'", 'string'], ['// why', 'comment']])
    expect(painted('notes.txt', 'return "x"')).toEqual([])
  })

  test('are left out of very long lines', () => {
    expect(paint('a.js', '"'.repeat(5000))).toEqual([])
  })
})
