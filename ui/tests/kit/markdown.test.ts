import { expect, test } from 'vitest'
import { html } from '@/kit/sanitized'

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  '[x](  JaVaScRiPt:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '<iframe src="https://evil.example"></iframe>',
  '<style>*{display:none}</style>',
  '<a href="/x" style="position:fixed">x</a>',
  '<form action="/api"><button>x</button></form>',
  '<svg><a xlink:href="javascript:alert(1)">x</a></svg>',
  '<math><mtext><img src=x onerror=alert(1)></mtext></math>',
  '<input type="text" autofocus onfocus=alert(1)>',
  '<div id="app" class="overlay">x</div>',
])('%s can do nothing', (text) => {
  const made = document.createElement('div')
  made.innerHTML = html(text)
  for (const element of made.querySelectorAll('*')) {
    expect(['A', 'CODE', 'P']).toContain(element.nodeName)
    expect([...element.attributes].map(({ name }) => name)).toEqual([])
  }
})

test('tags that do more than give form are shown as they were written', () => {
  expect(html('a <b>bold</b> <img src=x onerror=alert(1)> word')).toBe('<p>a <b>bold</b> &lt;img src=x onerror=alert(1)&gt; word</p>\n')
  expect(html('<!-- unseen -->')).toContain('&lt;!-- unseen')
})

test('an image elsewhere is its text alone, one that the hub keeps is shown', () => {
  expect(html('![a cat](https://evil.example/cat.png)')).toBe('<p>a cat</p>\n')
  expect(html('![a cat](//evil.example/cat.png)')).toBe('<p>a cat</p>\n')
  expect(html('![a cat](/api/attachments/1)')).toContain('<img')
})

test('a link elsewhere says where, and tells nobody whence', () => {
  expect(html('[x](https://example.org/a)')).toContain('rel="noopener noreferrer nofollow"')
  expect(html('[x](https://example.org/a)')).toContain('title="https://example.org/a"')
})

test.each(['//evil.example', 'evil.example', 'ftp://evil.example'])('%s is no address that is followed', (address) => {
  expect(html(`[x](${address})`)).toBe('<p><a>x</a></p>\n')
})

test('a backslash does not make an address another site\'s', () => {
  expect(html('[x](/\\evil.example)')).not.toMatch(/href="\/[/\\]/)
})

test('headings, lists, tables and ticks have their form', () => {
  const made = html('# A\n\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n')
  for (const part of ['<h1>', '<li>☑', '<table>']) expect(made).toContain(part)
})
