import { createFileRoute } from '@tanstack/react-router'
import { RunPage } from '@/features/run/RunPage'

export const Route = createFileRoute('/runs/$id/')({ component: RunPage })
