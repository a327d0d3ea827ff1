// The way to the hub over HTTP: `call` asks, `ask` is the same as a query for TanStack Query. Above: every feature.
// Below: schema.ts, made from the hub's own description; signing.ts, where it waits until somebody has signed in.

import { queryOptions } from '@tanstack/react-query'
import type { Operations } from './schema'
import { remedied, type Remedy } from './signing'

export type Operation = keyof Operations
export type Result<O extends Operation> = Operations[O]['result']
/** `seconds`: how long to wait for what takes longer than the usual. */
type Arguments<O extends Operation> = Operations[O]['args'] & { signal?: AbortSignal; seconds?: number }
type Given<O extends Operation> = Record<never, never> extends Operations[O]['args'] ? [Arguments<O>?] : [Arguments<O>]

const SECONDS_AT_MOST = 30
/** There, 401 says that what was given proves nothing. */
const PROVES = /\/auth\/(sign-in|step-up|password|accept)/

/** What the hub said instead of an answer. `status` 0: nobody answered. `fields`: what is wrong with which field (422). `wait`: seconds until it may be tried again. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly fields: Record<string, string> = {},
    readonly request: string | null = null,
    readonly wait = 0,
  ) {
    super(detail)
    this.name = 'ApiError'
  }
}

interface Loose {
  path?: Record<string, string | number>
  query?: Record<string, unknown>
  body?: unknown
  signal?: AbortSignal
  seconds?: number
}

/** Ask the hub, once more where somebody had to sign in first. Resolves to the answer's JSON, or its text; throws `ApiError` with a sentence for people. */
export async function call<O extends Operation>(operation: O, ...[given]: Given<O>): Promise<Result<O>> {
  const { path = {}, query = {}, body, signal, seconds = SECONDS_AT_MOST } = (given ?? {}) as Loose
  const [method, template] = operation.split(' ') as [string, string]
  const url = new URL(template.replace(/\{(\w+)(?::\w+)?\}/g, (_, name: string) => encodeURIComponent(path[name]!)), location.origin)
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null) url.searchParams.append(name, String(one))
  const asIs = body instanceof FormData || body instanceof Blob
  const limit = AbortSignal.timeout(seconds * 1000)
  let answer: Response
  let text: string
  try {
    answer = await fetch(url, {
      method,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(body === undefined ? {} : asIs ? { body } : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    text = await answer.text()
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, 'The hub does not answer.')
  }
  const data: unknown = isJson(answer) && text ? JSON.parse(text) : text
  if (answer.ok) return data as Result<O>
  const remedy = remedyFor(answer, operation)
  if (remedy && (await remedied(remedy, signal))) return call(operation, ...([given] as Given<O>))
  throw remedy === 'step-up' ? new ApiError(403, 'Nothing was done: you did not prove that it is you.') : refusal(answer, data)
}

/** The same as a query: `useQuery(ask('GET /api/tasks', { query: { project_id: 1 } }))`. The key begins with the operation. */
export function ask<O extends Operation>(operation: O, ...given: Given<O>) {
  return queryOptions({
    queryKey: keyOf(operation, ...given),
    queryFn: ({ signal }) => (call as (operation: Operation, given: object) => Promise<Result<O>>)(operation, { ...given[0], signal }),
  })
}

export function keyOf<O extends Operation>(operation: O, ...given: Given<O>) {
  const { path, query } = (given[0] ?? {}) as Loose
  return [operation, { ...path, ...query }] as const
}

function isJson(answer: Response): boolean {
  return answer.headers.get('content-type')?.startsWith('application/json') ?? false
}

/** What has to be done first, if that is why it was refused. */
export function remedyFor({ status, headers }: Response, operation: string): Remedy | null {
  if (status === 401) return PROVES.test(operation) ? null : 'sign-in'
  return status === 403 && headers.get('www-authenticate')?.includes('insufficient_user_authentication') ? 'step-up' : null
}

export function refusal(answer: Response, data: unknown): ApiError {
  const request = answer.headers.get('x-request-id')
  const wait = Number(answer.headers.get('retry-after'))
  const detail = typeof data === 'object' && data !== null && 'detail' in data ? data.detail : null
  if (!Array.isArray(detail)) return new ApiError(answer.status, typeof detail === 'string' ? explained(detail) : `The hub answered ${answer.status}.`, {}, request, wait)
  const wrong = detail as Array<{ loc: Array<string | number>; msg: string }>
  const fields = Object.fromEntries(wrong.map(({ loc, msg }) => [loc.slice(1).join('.'), msg]))
  return new ApiError(answer.status, Object.entries(fields).map(([name, told]) => (name ? `${name}: ${told}` : told)).join('; '), fields, request)
}

/** The hub names what is missing; here stands by what that is decided. A policy, a budget, a rule of use say so themselves. */
const explained = (detail: string): string => (detail.startsWith('Permission denied') ? `${detail}. Your role, token or device does not give it.` : detail)
