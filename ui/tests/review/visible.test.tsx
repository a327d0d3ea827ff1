import { render } from '@testing-library/react'
import { expect, test } from 'vitest'
import { hiddenIn, Visible } from '@/kit/Visible'
import { Code } from '@/nouns/diff/Code'

test('what turns the direction of writing, or is not seen, is shown by name', () => {
  const { container } = render(<Visible text={'na\u202eyp.txt\u200b\u0007'} />)
  expect(container.textContent).toBe('naU+202Eyp.txtU+200BBEL')
})

test('tabs, emoji and letters of all languages stay as they are', () => {
  expect(hiddenIn('\tдоброе утро — 日本語 ❤️')).toEqual([])
})

test('code is text: markup in it is shown, not made', () => {
  const { container } = render(<Code path="a.html" text={'<img src=x onerror=alert(1)>\u2066'} />)
  expect(container.querySelector('img')).toBeNull()
  expect(container.textContent).toBe('<img src=x onerror=alert(1)>U+2066')
})

test('marks and colours take nothing away from the line', () => {
  const text = 'return "a" # \u202e x'
  const { container } = render(<Code path="a.py" text={text} marks={[{ from: 3, to: 15 }]} tone="added" />)
  expect(container.textContent).toBe(text.replace('\u202e', 'U+202E'))
})
