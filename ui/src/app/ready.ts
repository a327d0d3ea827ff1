/** `html[data-ready]`: the first page stands there with its data, and keys and buttons act. For tests, and for whoever measures. */
import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'

export function markReady(router: AnyRouter, client: QueryClient): () => void {
  let isRendered = false
  let frame = 0
  const isAtWork = () => client.getQueryCache().getAll().some(({ state }) => state.status === 'pending' && state.fetchStatus === 'fetching')

  function look() {
    cancelAnimationFrame(frame)
    if (!isRendered || isAtWork()) return
    // Two frames: one in which what has come is drawn, one in which nothing new has begun.
    frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        if (isAtWork()) return
        document.documentElement.dataset.ready = ''
        stop()
      })
    })
  }

  const ends = [
    router.subscribe('onRendered', () => {
      isRendered = true
      look()
    }),
    client.getQueryCache().subscribe(look),
  ]
  function stop() {
    cancelAnimationFrame(frame)
    for (const end of ends.splice(0)) end()
  }
  return stop
}
