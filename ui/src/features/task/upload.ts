// Sending a file. XMLHttpRequest, since `fetch` does not tell how much has been sent.

import { ApiError } from '@/api/client'

export function send(task: number, name: string, file: Blob, told: (part: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', `/api/tasks/${task}/attachments?name=${encodeURIComponent(name)}`)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0)
    request.onerror = () => reject(new ApiError(0, `${name} could not be sent: the hub does not answer.`))
    request.onload = () => (request.status < 300 ? resolve() : reject(new ApiError(request.status, `${name}: ${detailOf(request.responseText) ?? `the hub answered ${request.status}.`}`)))
    request.send(file)
  })
}

function detailOf(text: string): string | null {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown }
    return typeof detail === 'string' ? detail : null
  } catch {
    return null
  }
}

/** Browsers call each pasted image "image.png": the time tells them apart. */
export function pastedName({ name, type }: { name: string; type: string }, now = new Date()): string {
  if (name && !/^image\.\w+$/.test(name)) return name
  const stamp = now.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.')
  return `Pasted ${stamp}.${type.split('/')[1] ?? 'bin'}`
}

/** "840 B", "12 kB", "3.4 MB". */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [amount, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB']
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`
}
