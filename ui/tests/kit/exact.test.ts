import { expect, it } from 'vitest'
import { exact } from '@/kit/exact'
import { waysOf } from '@/nouns/questions'

it('writes out what a screen hides or turns around, and keeps lines', () => {
  expect(exact('rm -r build \u001b[8m&& evil\u001b[0m\nnext')).toBe('rm -r build ␛[8m&& evil␛[0m\nnext')
  expect(exact('a\u202eb')).toBe('a⟨U+202E⟩b')
})

it('knows options by what they do, not by their words', () => {
  const options = [
    { id: 'n', label: 'Allow', effect: 'reject_once' },
    { id: 'y', label: 'No', effect: 'allow_once' },
    { id: 'o', label: 'Ask me', effect: 'other' },
  ] as const
  expect(waysOf([...options])).toEqual({ once: options[1], always: null, deny: options[0], others: [options[2]] })
})
