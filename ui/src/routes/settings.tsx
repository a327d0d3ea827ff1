import { createFileRoute } from '@tanstack/react-router'
import { SettingsPage } from '@/features/settings/SettingsPage'
import { tabOf, type TabName } from '@/features/settings/tabs'

interface Search {
  tab?: TabName | undefined
}

export const Route = createFileRoute('/settings')({
  component: SettingsPage,
  validateSearch: ({ tab }: Record<string, unknown>): Search => ({ tab: tabOf(tab) }),
})
