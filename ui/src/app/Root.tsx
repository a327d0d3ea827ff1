/** The pages in their frame; or instead of them, while the hub does not know who looks, signing in. */
import { Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { keyOf } from '@/api/client'
import type { Me } from '@/api/schema'
import { settle, useIsNeeded } from '@/api/signing'
import { queryClient } from './query'
import { Shell } from './Shell'

const SignInPage = lazy(() => import('@/features/sign-in/SignInPage'))
const SignInAgain = lazy(() => import('@/features/sign-in/SignInAgain'))
const StepUp = lazy(() => import('@/features/sign-in/StepUp'))

/** Where nobody needs to be known. */
const OPEN = ['/sign-in', '/signed-in', '/invitation']

export function Root() {
  const isOpen = useRouterState({ select: ({ location }) => OPEN.includes(location.pathname) })
  const isUnknown = useIsNeeded('sign-in')
  const mustProve = useIsNeeded('step-up')
  const before = isUnknown ? queryClient.getQueryData<Me>(keyOf('GET /api/me'))?.user : undefined
  if (isOpen) return <Outlet />
  const goOn = (user: string) => {
    // Nobody finds another's things on the page.
    if (before && before !== user) return location.reload()
    settle('sign-in', true)
    void queryClient.invalidateQueries({ queryKey: ['GET /api/me'] })
  }
  if (isUnknown && !before)
    return (
      <Suspense fallback={null}>
        <SignInPage returnTo={location.pathname + location.search} onSignedIn={goOn} />
      </Suspense>
    )
  return (
    <>
      <Shell />
      <Suspense fallback={null}>
        {mustProve && <StepUp />}
        {isUnknown && before && <SignInAgain before={before} onSignedIn={goOn} />}
      </Suspense>
    </>
  )
}
