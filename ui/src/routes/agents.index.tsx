import { createFileRoute } from '@tanstack/react-router'
import { AgentsPage } from '@/features/agents/AgentsPage'

interface Search {
  q?: string | undefined
}

export const Route = createFileRoute('/agents/')({
  component: AgentsPage,
  validateSearch: ({ q }: Record<string, unknown>): Search => ({ q: typeof q === 'string' && q ? q : undefined }),
})
