/** A run's result, read line by line, commented, and judged. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FileDiff } from 'lucide-react'
import { ask, ApiError } from '@/api/client'
import { buttonLook } from '@/kit/look'
import { Page } from '@/kit/Page'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Review } from './Review'
import { useFiles, useRemarks, useStanding } from './useReview'

const route = getRouteApi('/runs/$id/review')

export function ReviewPage() {
  const { id } = route.useParams()
  const { since } = route.useSearch()
  const run = useQuery(ask('GET /api/runs/{run_id}', { path: { run_id: id } }))
  const files = useFiles(id, since)
  const remarks = useRemarks(id)
  const standing = useStanding(id)

  const failed = [run, standing, remarks, files].find((query) => query.error && query.data === undefined)
  if (run.data && files.error instanceof ApiError && files.error.status === 409)
    return (
      <Page title="Review">
        <EmptyState icon={FileDiff} action={<BackToRun id={id} />}>
          {run.data.state === 'completed' ? 'The agent has changed nothing: there is nothing to review.' : files.error.message}
        </EmptyState>
      </Page>
    )
  if (failed)
    return (
      <Page title="Review">
        <ErrorState what="The review could not be read." error={failed.error!} onRetry={() => void failed.refetch()} />
        <div className="flex justify-center">
          {since !== undefined && (
            <Link to="/runs/$id/review" params={{ id }} search={{}} className={buttonLook()}>
              Show all changes
            </Link>
          )}
        </div>
      </Page>
    )
  if (!run.data || !files.first || !files.files || !remarks.data || !standing.data)
    return (
      <Page title="Review">
        <Skeleton rows={12} />
      </Page>
    )
  return <Review key={id} run={run.data} told={files.first} files={files.files} isWhole={!files.hasNextPage} remarks={remarks.data} standing={standing.data} />
}

export function BackToRun({ id }: { id: string }) {
  return (
    <Link to="/runs/$id" params={{ id }} className={buttonLook()}>
      To the run
    </Link>
  )
}
