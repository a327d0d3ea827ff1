import { MessagesSquare } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function ChatPage() {
  return (
    <Page title="Chat">
      <EmptyState icon={MessagesSquare}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
