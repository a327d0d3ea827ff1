import { expect, test } from 'vitest'
import { ApiError } from '@/api/client'
import { whereWrong } from '@/features/projects/ProjectForm'
import { keyFor } from '@/features/projects/standing'

test('a key is made of the name', () => {
  expect(['Billing portal', 'My own small thing', '3 words x', 'Öl', ''].map(keyFor)).toEqual(['BILLING', 'MOST', 'WX', 'OL', ''])
})

test('a refusal stands beside the field that it is about', () => {
  expect(whereWrong(new ApiError(422, 'That is no repository git could clone.'))).toEqual({ repository: 'That is no repository git could clone.' })
  expect(whereWrong(new ApiError(409, 'A project with this key already exists.'))).toEqual({ key: 'A project with this key already exists.' })
  expect(whereWrong(new ApiError(500, 'Broken.'))).toEqual({ other: 'Broken.' })
  expect(whereWrong(null)).toEqual({})
})
