import { Columns2 } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function ComparisonPage() {
  return (
    <Page title="Side by side">
      <EmptyState icon={Columns2}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
