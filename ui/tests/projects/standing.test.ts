import { expect, test } from 'vitest'
import type { CardTold } from '@/api/schema'
import { ApiError } from '@/api/client'
import { whereWrong } from '@/features/projects/ProjectForm'
import { keyFor, standings } from '@/features/projects/standing'

test('a project is counted by its cards', () => {
  const now = Date.parse('2031-02-03T12:00:00Z')
  const card = (given: object) => ({ project_id: 1, status: 'todo', run: null, updated_at: '2031-02-03T10:00:00Z', ...given }) as CardTold
  const found = standings([card({}), card({ run: { state: 'running' } }), card({ run: { state: 'waiting', wait_reason: 'question' } }), card({ status: 'done' }), card({ status: 'done', updated_at: '2030-01-01T00:00:00Z' })], now).get(1)!
  expect([found.open, found.running, found.needsYou, found.finished.at(-1), found.finished[0]]).toEqual([3, 1, 1, 1, 0])
})

test('a key is made of the name', () => {
  expect(['Billing portal', 'My own small thing', '3 words x', 'Öl', ''].map(keyFor)).toEqual(['BILLING', 'MOST', 'WX', 'OL', ''])
})

test('a refusal stands beside the field that it is about', () => {
  expect(whereWrong(new ApiError(422, 'That is no repository git could clone.'))).toEqual({ repository: 'That is no repository git could clone.' })
  expect(whereWrong(new ApiError(409, 'A project with this key already exists.'))).toEqual({ key: 'A project with this key already exists.' })
  expect(whereWrong(new ApiError(500, 'Broken.'))).toEqual({ other: 'Broken.' })
  expect(whereWrong(null)).toEqual({})
})
