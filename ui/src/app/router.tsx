/** The pages by their address. What a page filters, sorts and opens stands in the address too. */
import { createRouter, Link } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { EmptyState, ErrorState } from '@/kit/states'
import { buttonLook } from '@/kit/look'
import { routeTree } from './routeTree.gen'
import { queryClient } from './query'

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => <ErrorState what="This page could not be shown." error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />,
  defaultNotFoundComponent: () => (
    <EmptyState
      icon={Compass}
      action={
        <Link to="/projects" className={buttonLook()}>
          To the projects
        </Link>
      }
    >
      There is no such page.
    </EmptyState>
  ),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
