import { createFileRoute } from '@tanstack/react-router'
import { NodesPage } from '@/features/nodes/NodesPage'

interface Search {
  q?: string | undefined
}

export const Route = createFileRoute('/nodes')({
  component: NodesPage,
  validateSearch: ({ q }: Record<string, unknown>): Search => ({ q: typeof q === 'string' && q ? q : undefined }),
})
