import { Inbox } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function InboxPage() {
  return (
    <Page title="Inbox">
      <EmptyState icon={Inbox}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
