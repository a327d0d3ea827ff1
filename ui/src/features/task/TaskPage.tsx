import { CircleDot } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function TaskPage() {
  return (
    <Page title="Task">
      <EmptyState icon={CircleDot}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
