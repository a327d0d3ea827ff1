import { FolderGit2 } from 'lucide-react'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'

export function ProjectsPage() {
  return (
    <Page title="Projects">
      <EmptyState icon={FolderGit2}>Nothing is shown here yet.</EmptyState>
    </Page>
  )
}
