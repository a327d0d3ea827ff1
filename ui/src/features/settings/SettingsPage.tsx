/** What is one's own: how this device shows the hub, how one signs in, what speaks in one's name. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, type ReactNode } from 'react'
import { ask } from '@/api/client'
import { Page } from '@/kit/Page'
import { Tabs, type Tab } from '@/kit/Tabs'
import { Appearance } from './Appearance'
import { tabOf, type TabName } from './tabs'

const SigningIn = lazy(() => import('./SigningIn'))
const Tokens = lazy(() => import('./Tokens'))
const Devices = lazy(() => import('./Devices'))
const CodeHost = lazy(() => import('./CodeHost'))
const route = getRouteApi('/settings')

export function SettingsPage() {
  const { tab = 'appearance' } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: me } = useQuery(ask('GET /api/me'))
  const tabs: Array<Tab & { id: TabName }> = [
    { id: 'appearance', label: 'Appearance', content: <Column><Appearance /></Column> },
    { id: 'code-host', label: 'Code host', content: <Column><CodeHost /></Column> },
  ]
  // Who owns the machine signs in to nothing.
  if (me?.mode === 'team')
    tabs.splice(
      1,
      0,
      { id: 'sign-in', label: 'Signing in', content: <Column><SigningIn /></Column> },
      { id: 'tokens', label: 'Tokens', content: <Column><Tokens me={me} /></Column> },
      { id: 'devices', label: 'Devices', content: <Column><Devices /></Column> },
    )
  return (
    <Page title="Settings" isBare>
      <Tabs label="Settings" tabs={tabs} value={tabs.some(({ id }) => id === tab) ? tab : 'appearance'} onChange={(id) => void navigate({ search: { tab: tabOf(id) } })} />
    </Page>
  )
}

function Column({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-8 p-4 pb-12 sm:pt-6">
      <Suspense fallback={null}>{children}</Suspense>
    </div>
  )
}
