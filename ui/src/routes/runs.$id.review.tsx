import { createFileRoute } from '@tanstack/react-router'
import { ReviewPage } from '@/features/review/ReviewPage'
import { readSearch } from '@/features/review/search'

export const Route = createFileRoute('/runs/$id/review')({ validateSearch: readSearch, component: ReviewPage })
