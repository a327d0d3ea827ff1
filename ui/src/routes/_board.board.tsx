import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/_board/board')({ component: () => null })
