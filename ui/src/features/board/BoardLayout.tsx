/** The board, and what is opened from it: beside it where there is room, else in its place. */
import { Outlet, useParams } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import { BoardPage } from './BoardPage'

const wide = matchMedia('(min-width: 75rem)')

const useIsWide = (): boolean =>
  useSyncExternalStore(
    (ear) => {
      wide.addEventListener('change', ear)
      return () => wide.removeEventListener('change', ear)
    },
    () => wide.matches,
  )

export function BoardLayout() {
  const { key } = useParams({ strict: false })
  const isWide = useIsWide()
  return (
    <div className="flex min-h-0 min-w-0 flex-1">
      {(isWide || key === undefined) && (
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <BoardPage />
        </div>
      )}
      {key !== undefined && (
        <div className={isWide ? 'flex min-h-0 w-[min(38rem,46%)] shrink-0 flex-col border-l border-line' : 'flex min-h-0 min-w-0 flex-1 flex-col'}>
          <Outlet />
        </div>
      )}
    </div>
  )
}
