/** The pages by their address. What a page filters, sorts and opens stands in the address too. */
import { createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { routeTree } from './routeTree.gen'
import { queryClient } from './query'

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: lazyRouteComponent(() => import('./Instead'), 'Failed'),
  defaultNotFoundComponent: lazyRouteComponent(() => import('./Instead'), 'NoSuchPage'),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
