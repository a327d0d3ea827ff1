import { Settings } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function SettingsPage() {
  return (
    <Page title="Settings">
      <EmptyState icon={Settings}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
