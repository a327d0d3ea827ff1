import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { keyOf } from '@/api/client'
import type { RunTold, TaskTold } from '@/api/schema'
import { apply } from '@/live/apply'
import { rows } from '@/live/rows'
import type { LiveEvent } from '@/live/socket'

const about = { seq: 5, at: '2026-01-01T00:00:00Z', project_id: 1, task_id: 2, run_id: null, attempt: null }
const task = (id: number, status = 'todo') => ({ id, project_id: 1, key: `X-${id}`, title: 'A', status }) as unknown as TaskTold

test('a changed task is changed in every list and where it is alone, and the others stay the same objects', () => {
  const client = new QueryClient()
  const other = task(1)
  client.setQueryData(keyOf('GET /api/tasks'), [other, task(2)])
  client.setQueryData(keyOf('GET /api/tasks', { query: { project_id: [1] } }), [task(2)])
  client.setQueryData(keyOf('GET /api/tasks/{task_id}', { path: { task_id: 2 } }), task(2))
  apply(rows(client), { ...about, kind: 'task.changed', changes: { status: 'done' } } as LiveEvent)
  const all = client.getQueryData<TaskTold[]>(keyOf('GET /api/tasks'))!
  expect(all.map(({ status }) => status)).toEqual(['todo', 'done'])
  expect(all[0]).toBe(other)
  expect(client.getQueryData<TaskTold[]>(keyOf('GET /api/tasks', { query: { project_id: [1] } }))![0]!.status).toBe('done')
  expect(client.getQueryData<TaskTold>(keyOf('GET /api/tasks/{task_id}', { path: { task_id: 2 } }))!.status).toBe('done')
})

test('a deleted task is gone from every list', () => {
  const client = new QueryClient()
  client.setQueryData(keyOf('GET /api/tasks'), [task(1), task(2)])
  apply(rows(client), { ...about, kind: 'task.deleted', key: 'X-2' } as LiveEvent)
  expect(client.getQueryData<TaskTold[]>(keyOf('GET /api/tasks'))!.map(({ id }) => id)).toEqual([1])
})

test('a run that waits and goes on again shows why, and then no more', () => {
  const client = new QueryClient()
  const run = { id: 'r', state: 'running', wait: null } as RunTold
  client.setQueryData(keyOf('GET /api/runs'), [run])
  const read = () => client.getQueryData<RunTold[]>(keyOf('GET /api/runs'))![0]!
  apply(rows(client), { ...about, run_id: 'r', kind: 'run.waiting', reason: 'question', who: 'you', until: null } as LiveEvent)
  expect(read()).toMatchObject({ state: 'waiting', wait: { reason: 'question', who: 'you' } })
  apply(rows(client), { ...about, run_id: 'r', kind: 'run.resumed' } as LiveEvent)
  expect(read()).toMatchObject({ state: 'running', wait: null })
})

test('an event that this page does not know is passed over', () => {
  expect(() => apply(rows(new QueryClient()), { ...about, kind: 'moon.landed' } as unknown as LiveEvent)).not.toThrow()
})
