import { CirclePlay } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function RunPage() {
  return (
    <Page title="Run">
      <EmptyState icon={CirclePlay}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
