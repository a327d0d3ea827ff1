/** What stands around every page: the cache, the router, react-aria's links, and the mark that the first page is there. */
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect } from 'react'
import { queryClient } from './query'
import { markReady } from './ready'
import { router } from './router'

export function App() {
  useEffect(() => markReady(router, queryClient), [])
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  )
}
