import { createFileRoute } from '@tanstack/react-router'
import { RunPage } from '@/features/run/RunPage'

interface Search {
  focus?: boolean | undefined
  receipt?: boolean | undefined
}

export const Route = createFileRoute('/runs/$id/')({
  component: RunPage,
  validateSearch: (search): Search => ({ focus: search.focus === true || undefined, receipt: search.receipt === true || undefined }),
})
