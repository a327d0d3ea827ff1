import { createFileRoute } from '@tanstack/react-router'
import { BoardLayout } from '@/features/board/BoardLayout'
import { readSearch } from '@/features/board/filters'

export const Route = createFileRoute('/_board')({ component: BoardLayout, validateSearch: readSearch })
