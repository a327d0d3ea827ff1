import { createFileRoute } from '@tanstack/react-router'
import { ComparisonPage } from '@/features/comparison/ComparisonPage'

export const Route = createFileRoute('/comparisons/$id')({ component: ComparisonPage })
