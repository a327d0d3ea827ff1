/** A scrolling box that stays at its end while what stands in it grows, and is left alone once somebody scrolls up. */
import { useLayoutEffect, useRef, type RefObject } from 'react'

const NEAR_PX = 80

/** `version`: changes when the content does. */
export function useAtEnd(version: string): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useLayoutEffect(() => {
    const one = box.current
    if (!one) return
    const look = () => (isAtEnd.current = one.scrollHeight - one.scrollTop - one.clientHeight < NEAR_PX)
    one.addEventListener('scroll', look, { passive: true })
    return () => one.removeEventListener('scroll', look)
  }, [])
  useLayoutEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [version])
  return box
}
