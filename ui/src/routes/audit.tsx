import { createFileRoute } from '@tanstack/react-router'
import { AuditPage } from '@/features/audit/AuditPage'
import { readSearch } from '@/features/audit/search'

export const Route = createFileRoute('/audit')({ component: AuditPage, validateSearch: readSearch })
