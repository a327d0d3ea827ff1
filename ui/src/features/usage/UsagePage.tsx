import { ChartColumn } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function UsagePage() {
  return (
    <Page title="Usage">
      <EmptyState icon={ChartColumn}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
