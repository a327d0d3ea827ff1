import { createFileRoute } from '@tanstack/react-router'
import { TaskPage } from '@/features/task/TaskPage'

export const Route = createFileRoute('/_board/tasks/$key')({
  component: function Task() {
    const { key } = Route.useParams()
    return <TaskPage key={key} taskKey={key} />
  },
})
