import { createFileRoute } from '@tanstack/react-router'
import { NodesPage } from '@/features/nodes/NodesPage'

export const Route = createFileRoute('/nodes')({ component: NodesPage })
