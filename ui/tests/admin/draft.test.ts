import { expect, test } from 'vitest'
import { fileNamed, INPUT, inputOf, isSame, NEW, placeIn, sorted } from '@/features/admin/policies/draft'
import { sizeOf } from '@/features/admin/sizes'

test('files that decide stand before their tests', () => {
  expect(sorted({ 'main_test.rego': '', 'limits.rego': '', 'main.rego': '', 'limits_test.rego': '' })).toEqual(['limits.rego', 'limits_test.rego', 'main.rego', 'main_test.rego'])
  expect(sorted(NEW)).toEqual(['main.rego', 'main_test.rego'])
})

test('a file is named as the hub takes it', () => {
  expect(fileNamed(' limits ')).toBe('limits.rego')
  expect(fileNamed('limits.rego')).toBe('limits.rego')
  expect(fileNamed('../limits')).toBeNull()
  expect(fileNamed('')).toBeNull()
})

test('a mistake is shown in the file and the line that the hub names', () => {
  expect(placeIn('The policy does not compile: main.rego:3: expected a rule.', ['main.rego'])).toEqual({ name: 'main.rego', line: 3 })
  expect(placeIn('1 of its 2 tests fail.', ['main.rego'])).toBeNull()
})

test('what is asked of a policy is an object', () => {
  expect(inputOf(JSON.stringify(INPUT))).toEqual({ input: INPUT })
  expect(inputOf('[1]')).toEqual({ wrong: 'It must be an object: { … }.' })
  expect(inputOf('{')).toHaveProperty('wrong')
})

test('a draft is the same as what is in force only with the same files', () => {
  expect(isSame({ 'a.rego': 'x' }, { 'a.rego': 'x' })).toBe(true)
  expect(isSame({ 'a.rego': 'x' }, { 'a.rego': 'x', 'b.rego': '' })).toBe(false)
  expect(isSame({ 'a.rego': 'x' }, { 'b.rego': 'x' })).toBe(false)
})

test('sizes are told in the units that people use', () => {
  expect([sizeOf(0), sizeOf(999), sizeOf(1000), sizeOf(3_400_000)]).toEqual(['0 bytes', '999 bytes', '1.0 kB', '3.4 MB'])
})
