import { Columns3 } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function BoardPage() {
  return (
    <Page title="Board">
      <EmptyState icon={Columns3}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
