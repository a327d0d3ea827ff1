import { afterEach, expect, test, vi } from 'vitest'
import { ApiError, ask, call } from '@/api/client'
import { settle } from '@/api/signing'

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

/** Answers with each in turn. */
function answeringInTurn(...answers: Array<[number, Record<string, string>?]>) {
  vi.stubGlobal('fetch', async () => {
    const [status, headers] = answers.shift()!
    return new Response(JSON.stringify(status === 200 ? ['ok'] : { detail: 'No.' }), { status, headers: { 'content-type': 'application/json', ...headers } })
  })
}
const STEP_UP = { 'www-authenticate': 'Bearer error="insufficient_user_authentication", max_age=900' }
const moment = () => new Promise((resolve) => setTimeout(resolve))

test('what was refused for want of signing in is asked again after it', async () => {
  answeringInTurn([401], [401], [200], [200])
  const both = Promise.all([call('GET /api/nodes'), call('GET /api/nodes')])
  await moment()
  settle('sign-in', true)
  expect(await both).toEqual([['ok'], ['ok']])
})

test('what wants a proof anew is asked again after it, and refused when that is declined', async () => {
  answeringInTurn([403, STEP_UP], [200], [403, STEP_UP], [403])
  const done = call('GET /api/nodes')
  await moment()
  settle('step-up', true)
  expect(await done).toEqual(['ok'])
  const declined = call('GET /api/nodes').catch((error: unknown) => error)
  await moment()
  settle('step-up', false)
  expect(await declined).toMatchObject({ status: 403, message: 'Nothing was done: you did not prove that it is you.' })
  await expect(call('GET /api/nodes')).rejects.toMatchObject({ status: 403 }) // no proof would help
})

test('a wrong password is told, with how long to wait where it was tried too often', async () => {
  answeringInTurn([401], [429, { 'retry-after': '4' }])
  const body = { user: 'ann', password: 'wrong' }
  await expect(call('POST /api/auth/sign-in', { body })).rejects.toMatchObject({ status: 401, wait: 0 })
  await expect(call('POST /api/auth/sign-in', { body })).rejects.toMatchObject({ status: 429, wait: 4 })
})

test('who waits for somebody to sign in can be called off', async () => {
  answeringInTurn([401])
  const stop = new AbortController()
  const waiting = call('GET /api/nodes', { signal: stop.signal }).catch((error: unknown) => error)
  await moment()
  stop.abort()
  expect(await waiting).toMatchObject({ name: 'AbortError' })
  settle('sign-in', false)
})
