// Who failed too often waits: until when, as the hub said it. Above: the forms.

import { useState } from 'react'
import { ApiError } from '@/api/client'
import { useNow } from '@/kit/figures'

/** Whole seconds that are left, and what notes them from a refusal. */
export function useWait(): [seconds: number, note: (error: unknown) => void] {
  const [until, setUntil] = useState(0)
  const left = useNow((now) => Math.max(0, Math.ceil((until - now) / 1000)))
  const note = (error: unknown) => {
    if (error instanceof ApiError && error.wait > 0) setUntil(Date.now() + error.wait * 1000)
  }
  return [left, note]
}
