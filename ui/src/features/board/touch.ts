// Moving a card with a finger: held for 300 ms it comes along as a ghost; at the edges the board and the column scroll.

import { hover, letGo, lift } from './drag'
import type { Spot } from './columns'

const HOLD_MS = 300
const STILL_PX = 8
const EDGE_PX = 48
const STEP_PX = 8
const DWELL_MS = 500

export interface Touched {
  /** The cards that come along when this one is held. */
  ids(id: number): Iterable<number>
  spotAt(x: number, y: number): Spot | null
  dropped(): void
}

/** Listen on the board; returns what ends it. */
export function fingers(board: HTMLElement, { ids, spotAt, dropped }: Touched): () => void {
  let hold: ReturnType<typeof setTimeout> | undefined
  let ghost: HTMLElement | null = null
  let from = { x: 0, y: 0 }
  let at = from
  let frame = 0
  let turnedAt = 0

  function start(event: TouchEvent) {
    end()
    const touch = event.touches[0]!
    const card = (event.target as Element).closest<HTMLElement>('[data-card]')
    if (event.touches.length > 1 || !card || (event.target as Element).closest('button')) return
    from = at = { x: touch.clientX, y: touch.clientY }
    hold = setTimeout(() => take(card), HOLD_MS)
  }

  function take(card: HTMLElement) {
    const box = card.getBoundingClientRect()
    ghost = card.cloneNode(true) as HTMLElement
    ghost.removeAttribute('data-card')
    ghost.setAttribute('aria-hidden', 'true')
    ghost.inert = true
    Object.assign(ghost.style, { position: 'fixed', left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, zIndex: '60', pointerEvents: 'none', opacity: '0.92', boxShadow: 'var(--float)' })
    document.body.append(ghost)
    navigator.vibrate?.(10)
    lift(ids(Number(card.dataset.card)), 'touch', spotAt(at.x, at.y))
    turnedAt = performance.now()
    frame = requestAnimationFrame(scroll)
  }

  function move(event: TouchEvent) {
    const touch = event.touches[0]!
    at = { x: touch.clientX, y: touch.clientY }
    if (!ghost) {
      // Who moves before the hold is over scrolls.
      if (Math.hypot(at.x - from.x, at.y - from.y) > STILL_PX) clearTimeout(hold)
      return
    }
    event.preventDefault()
    ghost.style.transform = `translate(${at.x - from.x}px, ${at.y - from.y}px) rotate(1.5deg)`
    hover(spotAt(at.x, at.y))
  }

  /** Up and down a little each frame; to the next column one at a time, or it would fly past it. */
  function scroll(now: number) {
    frame = requestAnimationFrame(scroll)
    const column = document.elementFromPoint(at.x, at.y)?.closest<HTMLElement>('[data-column]')
    if (column) {
      const { top, bottom } = column.getBoundingClientRect()
      if (at.y < top + EDGE_PX) column.scrollTop -= STEP_PX
      else if (at.y > bottom - EDGE_PX) column.scrollTop += STEP_PX
    }
    const { left, right } = board.getBoundingClientRect()
    const side = at.x < left + EDGE_PX ? -1 : at.x > right - EDGE_PX ? 1 : 0
    if (!side) turnedAt = now
    else if (now - turnedAt > DWELL_MS) {
      turnedAt = now
      board.scrollBy({ left: side * board.clientWidth * 0.86, behavior: 'smooth' })
    }
    hover(spotAt(at.x, at.y))
  }

  function end() {
    clearTimeout(hold)
    cancelAnimationFrame(frame)
    ghost?.remove()
    ghost = null
  }

  function drop(event: TouchEvent) {
    const wasLifted = ghost !== null
    end()
    if (!wasLifted) return
    event.preventDefault() // no click follows
    dropped()
  }

  function cancel() {
    const wasLifted = ghost !== null
    end()
    if (wasLifted) letGo()
  }

  /** Holding a link would open the browser's own menu. */
  const noMenu = (event: Event) => {
    if (ghost || hold !== undefined) event.preventDefault()
  }
  const clearHold = () => {
    hold = undefined
  }

  board.addEventListener('touchstart', start, { passive: true })
  board.addEventListener('touchmove', move, { passive: false })
  board.addEventListener('touchend', drop)
  board.addEventListener('touchcancel', cancel)
  board.addEventListener('contextmenu', noMenu)
  board.addEventListener('mousedown', clearHold)
  return () => {
    cancel()
    board.removeEventListener('touchstart', start)
    board.removeEventListener('touchmove', move)
    board.removeEventListener('touchend', drop)
    board.removeEventListener('touchcancel', cancel)
    board.removeEventListener('contextmenu', noMenu)
    board.removeEventListener('mousedown', clearHold)
  }
}
