import { createFileRoute } from '@tanstack/react-router'
import { ChatPage } from '@/features/chat/ChatPage'

/** `thread`: the conversation that is open; without one, a new one is begun. */
interface Search {
  thread?: string | undefined
}

/** `project`: its id or its key. */
export const Route = createFileRoute('/chat/$project')({
  component: ChatPage,
  validateSearch: ({ thread }: Record<string, unknown>): Search => ({ thread: typeof thread === 'string' && thread ? thread : undefined }),
})
