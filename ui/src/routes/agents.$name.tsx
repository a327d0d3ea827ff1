import { createFileRoute } from '@tanstack/react-router'
import { AgentPage } from '@/features/agents/AgentPage'
import { TABS, type TabName } from '@/features/agents/tabs'

/** `project`: whose layer is shown; without it, that of the whole installation. */
interface Search {
  tab?: TabName | undefined
  project?: number | undefined
}

export const Route = createFileRoute('/agents/$name')({
  component: AgentPage,
  validateSearch: ({ tab, project }: Record<string, unknown>): Search => ({
    tab: TABS.find((one) => one === tab),
    project: Number.isInteger(project) ? Number(project) : undefined,
  }),
})
