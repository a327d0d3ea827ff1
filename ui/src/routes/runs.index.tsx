import { createFileRoute } from '@tanstack/react-router'
import { filterOf } from '@/features/runs/filter'
import { RunsPage } from '@/features/runs/RunsPage'

export const Route = createFileRoute('/runs/')({ component: RunsPage, validateSearch: filterOf })
