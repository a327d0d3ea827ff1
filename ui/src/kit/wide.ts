/** Whether there is room for two things side by side. */
import { useSyncExternalStore } from 'react'

const wide = matchMedia('(min-width: 64rem)')

export const useIsWide = (): boolean =>
  useSyncExternalStore(
    (ear) => {
      wide.addEventListener('change', ear)
      return () => wide.removeEventListener('change', ear)
    },
    () => wide.matches,
  )
