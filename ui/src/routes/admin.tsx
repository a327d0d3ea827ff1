import { createFileRoute } from '@tanstack/react-router'
import { AdminPage } from '@/features/admin/AdminPage'
import { TABS, VIEWS, type TabName, type View } from '@/features/admin/tabs'

/** `q`: words in the list. `project`, `view`: whose policy, and what of it. */
interface Search {
  tab?: TabName | undefined
  q?: string | undefined
  project?: number | undefined
  view?: View | undefined
}

export const Route = createFileRoute('/admin')({
  component: AdminPage,
  validateSearch: ({ tab, q, project, view }: Record<string, unknown>): Search => ({
    tab: TABS.find((one) => one === tab),
    q: q === undefined ? undefined : String(q),
    project: Number.isInteger(project) ? Number(project) : undefined,
    view: VIEWS.find((one) => one === view),
  }),
})
