// What the hub gives as a file, and not as an answer: fetched as `call` asks, and handed to whoever looks. Above: features. Below: client.ts.

import { ApiError, refusal, remedyFor, type Operation } from './client'
import { remedied } from './signing'

export interface GivenFile {
  name: string
  content: Blob
}

/** However long it takes, until `signal`. Throws `ApiError`. */
export async function fileOf(operation: Operation, signal?: AbortSignal): Promise<GivenFile> {
  const [method, path] = operation.split(' ') as [string, string]
  try {
    const answer = await fetch(path, { method, ...(signal ? { signal } : {}), ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' } }) })
    if (answer.ok) return { name: /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'file', content: await answer.blob() }
    const remedy = remedyFor(answer, operation)
    if (remedy && (await remedied(remedy, signal))) return await fileOf(operation, signal)
    throw refusal(answer, await answer.json().catch(() => null))
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error
    throw new ApiError(0, 'The hub does not answer.')
  }
}
