import { expect, test } from 'vitest'
import { weaknessOf } from '@/nouns/NewPassword'
import { placeIn } from '@/nouns/place'

const ORIGIN = 'https://hub.example'

test('one goes on at a place of this hub, and nowhere else', () => {
  expect(placeIn('/board?q=a#top', ORIGIN)).toBe('/board?q=a#top')
  for (const bad of ['//evil.example/x', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', undefined, 7, '/\t/evil.example']) expect(placeIn(bad, ORIGIN)).toBe('/')
})

test('one does not come back to signing in, nor to what is no page', () => {
  expect(placeIn('/sign-in?return_to=/x', ORIGIN)).toBe('/')
  expect(placeIn('/api/me', ORIGIN)).toBe('/')
})

test('a new password is measured as the hub measures it', () => {
  expect(weaknessOf('four unrelated words')).toBeNull()
  expect(weaknessOf('short')).toMatch(/7 more/)
  expect(weaknessOf('aaaaaaaaaaaaaaaa')).toMatch(/Too few/)
  expect(weaknessOf('ANN.LEE is at work', ['ann.lee@example.org'])).toMatch(/your name/)
  expect(weaknessOf('𝒶'.repeat(3) + 'bcdefghij')).toBeNull()
})
