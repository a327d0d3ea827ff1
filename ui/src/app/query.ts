/** What this tab knows of the hub. The live stream keeps it current, so nothing is asked twice because time has passed. */
import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/api/client'

const TRIES = 3

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    // What was known stays while it is read anew; not what is hidden by now.
    onError(error, query) {
      if (error instanceof ApiError && (error.status === 403 || error.status === 404)) query.setState({ data: undefined })
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      // What was refused will be refused again; only silence and overload pass by.
      retry: (failures, error) => failures < TRIES && error instanceof ApiError && (error.status === 0 || error.status === 503),
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 5000),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
