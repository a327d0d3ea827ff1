import { Server } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function NodesPage() {
  return (
    <Page title="Nodes">
      <EmptyState icon={Server}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
