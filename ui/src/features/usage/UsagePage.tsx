/** What agents have used, in sums, and the caps on it. */
import { getRouteApi } from '@tanstack/react-router'
import { Select } from '@/kit/Field'
import { Page } from '@/kit/Page'
import { Tabs } from '@/kit/Tabs'
import { Budgets } from './Budgets'
import { BY, BY_LABEL, SINCE, SINCE_LABEL } from './spans'
import { Totals } from './Totals'

const route = getRouteApi('/usage')

export function UsagePage() {
  const { tab = 'usage', by = 'project', since = 'month' } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Page
      isBare
      title="Usage"
      actions={
        tab === 'usage' && (
          <>
            <Select label="By" hideLabel className="w-28" value={by} choices={BY.map((value) => ({ value, label: BY_LABEL[value] }))} onChange={(value) => void navigate({ search: (before) => ({ ...before, by: value === 'project' ? undefined : value }), replace: true })} />
            <Select
              label="Since"
              hideLabel
              className="w-44"
              value={since}
              choices={SINCE.map((value) => ({ value, label: SINCE_LABEL[value] }))}
              onChange={(value) => void navigate({ search: (before) => ({ ...before, since: value === 'month' ? undefined : value }), replace: true })}
            />
          </>
        )
      }
    >
      <Tabs
        label="Usage and budgets"
        value={tab}
        onChange={(id) => void navigate({ search: (before) => ({ ...before, tab: id === 'budgets' ? 'budgets' : undefined }) })}
        tabs={[
          { id: 'usage', label: 'What was used', content: <Totals by={by} since={since} /> },
          { id: 'budgets', label: 'Budgets', content: <Budgets /> },
        ]}
      />
    </Page>
  )
}
