/** What a view shows when it has nothing to show: still loading, empty, failed, not allowed. */
import { useQuery, type QueryKey, type UseQueryOptions } from '@tanstack/react-query'
import { CircleAlert, Lock, type LucideIcon } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { buttonLook } from './look'

const SKELETON_AFTER_MS = 150

/** Nothing for 150 ms, then grey bars in about the shape of what comes. */
export function Skeleton({ rows = 4, children }: { rows?: number; children?: ReactNode }) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!late) return null
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3">
      {children ?? Array.from({ length: rows }, (_, row) => <div key={row} className="h-row rounded-6 bg-sunken" />)}
    </div>
  )
}

export interface EmptyStateProps {
  icon: LucideIcon
  /** One sentence. */
  children: ReactNode
  /** One action. */
  action?: ReactNode
}

export function EmptyState({ icon: Icon, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center justify-center gap-3 px-4 py-16 text-center text-fg-2">
      <Icon size={24} aria-hidden className="text-fg-3" />
      <p className="max-w-96">{children}</p>
      {action}
    </div>
  )
}

export interface ErrorStateProps {
  /** What was wanted, such as "The runs could not be read". */
  what: string
  error: Error & { status?: number; request?: string | null }
  onRetry?(): void
}

/** What failed, why, a way to try again, and the number under which the hub's log tells more. */
export function ErrorState({ what, error, onRetry }: ErrorStateProps) {
  const isForbidden = error.status === 403 || error.status === 401
  const Icon = isForbidden ? Lock : CircleAlert
  return (
    <div role="alert" className="flex flex-col items-center justify-center gap-3 px-4 py-16 text-center">
      <Icon size={24} aria-hidden className={isForbidden ? 'text-fg-3' : 'text-bad'} />
      <div className="max-w-120">
        <p className="font-medium">{what}</p>
        <p className="text-fg-2">{error.message}</p>
        {isForbidden && <p className="text-fg-2">An administrator of this hub can grant it.</p>}
        {error.request && <p className="mt-1 text-12 text-fg-3">Request {error.request}</p>}
      </div>
      {onRetry && !isForbidden && (
        <button type="button" className={buttonLook()} onClick={onRetry}>
          Retry
        </button>
      )}
    </div>
  )
}

export interface LoadedProps<T, K extends QueryKey> {
  query: UseQueryOptions<T, Error, T, K>
  /** What is read, for the sentence when it fails: "The runs". */
  what: string
  skeleton?: ReactNode
  children(data: T): ReactNode
}

/** A query with its loading and failing shown; what is known stays while it is read anew. */
export function Loaded<T, K extends QueryKey>({ query, what, skeleton, children }: LoadedProps<T, K>) {
  const { data, error, refetch } = useQuery(query)
  if (data !== undefined) return children(data)
  if (error) return <ErrorState what={`${what} could not be read.`} error={error} onRetry={() => void refetch()} />
  return <div className="p-4">{skeleton ?? <Skeleton />}</div>
}
