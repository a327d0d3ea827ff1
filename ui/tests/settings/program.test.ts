import { expect, test } from 'vitest'
import { programOf } from '@/features/settings/program'

test('browsers and programs are told by their names', () => {
  expect(programOf('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Firefox on Linux')
  expect(programOf('Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0')).toBe('Edge on Windows')
  expect(programOf('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0 Safari/537.36')).toBe('Chrome on Linux')
  expect(programOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1')).toBe('Safari on iOS')
  expect(programOf('curl/8.5.0')).toBe('curl')
  expect(programOf(null)).toBe('Unknown program')
})

test('what nobody knows is told as it is, cut short', () => {
  expect(programOf('a'.repeat(500))).toBe('a'.repeat(40))
})
