import { Bot } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function AgentPage() {
  return (
    <Page title="Agent">
      <EmptyState icon={Bot}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
