import { afterEach, expect, test, vi } from 'vitest'
import { ApiError, ask, call } from '@/api/client'

afterEach(() => vi.unstubAllGlobals())

function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  const asked: Array<{ url: string; init: RequestInit }> = []
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
    asked.push({ url: url.pathname + url.search, init })
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
  })
  return asked
}

test('paths and queries are written safely, and what is not given is left out', async () => {
  const asked = answering(200, [])
  await call('GET /api/agents/{name}', { path: { name: 'a/b?c' } })
  await call('GET /api/runs', { query: { state: 'running', task_id: null } })
  expect(asked.map(({ url }) => url)).toEqual(['/api/agents/a%2Fb%3Fc', '/api/runs?state=running'])
})

test('a refusal of fields tells each by its name', async () => {
  answering(422, { detail: [{ loc: ['body', 'key'], msg: 'too long', type: 'x' }] }, { 'x-request-id': 'r1' })
  const error = await call('POST /api/projects', { body: { key: 'X', name: 'X' } }).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 422, message: 'key: too long', fields: { key: 'too long' }, request: 'r1' })
})

test('a refusal in one sentence is told as it is', async () => {
  answering(409, { detail: 'It has ended.' })
  await expect(call('POST /api/runs/{run_id}/cancel', { path: { run_id: 'r' } })).rejects.toThrow('It has ended.')
})

test('silence is an error of status 0', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('network')
  })
  await expect(call('GET /api/nodes')).rejects.toMatchObject({ status: 0, message: 'The hub does not answer.' })
})

test('a query is known by its operation, so that all its variants are found by it', () => {
  expect(ask('GET /api/tasks', { query: { project_id: [1] } }).queryKey).toEqual(['GET /api/tasks', { project_id: [1] }])
})
