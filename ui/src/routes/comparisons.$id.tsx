import { createFileRoute } from '@tanstack/react-router'
import { ComparisonPage } from '@/features/comparison/ComparisonPage'
import { readSearch } from '@/features/comparison/search'

export const Route = createFileRoute('/comparisons/$id')({ validateSearch: readSearch, component: ComparisonPage })
