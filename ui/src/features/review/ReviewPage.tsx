import { Eye } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function ReviewPage() {
  return (
    <Page title="Review">
      <EmptyState icon={Eye}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
