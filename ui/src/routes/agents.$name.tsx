import { createFileRoute } from '@tanstack/react-router'
import { AgentPage } from '@/features/agents/AgentPage'

export const Route = createFileRoute('/agents/$name')({ component: AgentPage })
