/** What was done by whom: row by row, counted, and whether the chain that keeps it is whole. */
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, type ReactNode } from 'react'
import { Page } from '@/kit/Page'
import { Skeleton } from '@/kit/states'
import { Tabs } from '@/kit/Tabs'
import { Events } from './Events'
import type { Search, TabName } from './search'

const AnalyticsPart = lazy(() => import('./AnalyticsPart').then(({ AnalyticsPart }) => ({ default: AnalyticsPart })))
const ChainPart = lazy(() => import('./ChainPart').then(({ ChainPart }) => ({ default: ChainPart })))

const route = getRouteApi('/audit')

export function AuditPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = useCallback((changes: Partial<Search>) => void navigate({ search: (before) => ({ ...before, ...changes }), replace: true }), [navigate])
  return (
    <Page isBare title="Audit">
      <Tabs
        label="Views of the audit"
        value={search.tab ?? 'events'}
        onChange={(id) => void navigate({ search: ({ since }) => ({ since, tab: id === 'events' ? undefined : (id as TabName) }) })}
        tabs={[
          { id: 'events', label: 'Events', content: <Events search={search} onChange={change} /> },
          { id: 'analytics', label: 'Analytics', content: <Later><AnalyticsPart search={search} onChange={change} /></Later> },
          { id: 'chain', label: 'Chain and export', content: <Later><ChainPart /></Later> },
        ]}
      />
    </Page>
  )
}

function Later({ children }: { children: ReactNode }) {
  return (
    <Suspense
      fallback={
        <div className="p-4">
          <Skeleton rows={6} />
        </div>
      }
    >
      {children}
    </Suspense>
  )
}
