/** After an upgrade the files of the old build are gone: the page is loaded anew, once, and not again if that did not help. */

const PLACE = 'clawlink.reloaded'
const AGAIN_AFTER_MS = 60_000

export function reloadOnNewBuild(): void {
  addEventListener('vite:preloadError', (event) => {
    const before = Number(sessionStorage.getItem(PLACE) ?? 0)
    if (Date.now() - before < AGAIN_AFTER_MS) return
    event.preventDefault()
    sessionStorage.setItem(PLACE, String(Date.now()))
    location.reload()
  })
}
