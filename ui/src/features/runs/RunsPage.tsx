import { CirclePlay } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function RunsPage() {
  return (
    <Page title="Runs">
      <EmptyState icon={CirclePlay}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
