import { expect, test } from 'vitest'
import { sourceOf } from '@/features/projects/Imports'
import { nameFor, understood } from '@/features/projects/standing'

test('an address is understood while it is typed', () => {
  expect(understood('https://github.com/ada/shop.git?tab=readme')).toBe('GitHub: ada/shop')
  expect(understood('git@github.com:ada/shop.git')).toBe('GitHub: ada/shop')
  expect(understood('ssh://git@git.example.org:2222/shop')).toBe('A repository on git.example.org')
  expect(understood('/home/ada/shop')).toBe('A repository on this machine')
  expect(understood('https://github.com/')).toBeNull()
  expect(understood('shop')).toBeNull()
})

test('a repository is named after its address', () => {
  expect(nameFor('https://github.com/ada/My Shop.git/')).toBe('my-shop')
  expect(nameFor('git@host:shop')).toBe('shop')
})

test('a file tells by its name where it comes from', () => {
  expect([sourceOf('Export.CSV'), sourceOf('db.sqlite'), sourceOf('notes.txt')]).toEqual(['jira', 'vibe-kanban', null])
})
