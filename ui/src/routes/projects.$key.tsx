import { createFileRoute } from '@tanstack/react-router'
import { ProjectPage } from '@/features/projects/ProjectPage'

export const Route = createFileRoute('/projects/$key')({
  component: function Project() {
    const { key } = Route.useParams()
    return <ProjectPage key={key} projectKey={key} />
  },
})
