/** What was done by whom: row by row, counted, and whether the chain that keeps it is whole. */
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { Page } from '@/kit/Page'
import { Tabs } from '@/kit/Tabs'
import { AnalyticsPart } from './AnalyticsPart'
import { ChainPart } from './ChainPart'
import { Events } from './Events'
import type { Search, TabName } from './search'

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
          { id: 'analytics', label: 'Analytics', content: <AnalyticsPart search={search} onChange={change} /> },
          { id: 'chain', label: 'Chain and export', content: <ChainPart /> },
        ]}
      />
    </Page>
  )
}
