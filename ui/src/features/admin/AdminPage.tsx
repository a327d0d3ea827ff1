/** Running the hub: people and what they may, programs, policies. Each part is fetched when it is opened. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Info, Lock } from 'lucide-react'
import { lazy, Suspense, type ReactNode } from 'react'
import { ask } from '@/api/client'
import type { Me } from '@/api/schema'
import { Page } from '@/kit/Page'
import { EmptyState, Loaded, Skeleton } from '@/kit/states'
import { Tabs } from '@/kit/Tabs'
import type { TabName } from './tabs'

const People = lazy(() => import('./People').then(({ People }) => ({ default: People })))
const Roles = lazy(() => import('./Roles').then(({ Roles }) => ({ default: Roles })))
const Uses = lazy(() => import('./Uses').then(({ Uses }) => ({ default: Uses })))
const Devices = lazy(() => import('./Devices').then(({ Devices }) => ({ default: Devices })))
const SignIn = lazy(() => import('./SignIn').then(({ SignIn }) => ({ default: SignIn })))
const Programs = lazy(() => import('./Programs').then(({ Programs }) => ({ default: Programs })))
const Secrets = lazy(() => import('./Secrets').then(({ Secrets }) => ({ default: Secrets })))
const Backup = lazy(() => import('./Backup').then(({ Backup }) => ({ default: Backup })))
const Policies = lazy(() => import('./policies/Policies').then(({ Policies }) => ({ default: Policies })))

const LABEL: Record<TabName, string> = { people: 'People', roles: 'Roles', uses: 'Uses', devices: 'Devices', 'sign-in': 'Sign-in', programs: 'Programs', secrets: 'Secrets', backup: 'Backup', policies: 'Policies' }
const OF_PEOPLE: ReadonlySet<TabName> = new Set(['people', 'uses', 'devices', 'sign-in', 'programs'])

const route = getRouteApi('/admin')

export function AdminPage() {
  const { data: me } = useQuery(ask('GET /api/me'))
  const { project } = route.useSearch()
  if (!me)
    return (
      <Page title="Administration">
        <Loaded query={ask('GET /api/me')} what="What you may">
          {() => null}
        </Loaded>
      </Page>
    )
  const people = me.permissions.includes('admin:users')
  const system = me.permissions.includes('admin:system')
  // A project's administrator may know the project's policy, which the hub decides; the rest is the installation's.
  if (!people && !system && project === undefined)
    return (
      <Page title="Administration">
        <EmptyState icon={Lock}>You are here as {me.role}. An administrator of this hub can let you run it.</EmptyState>
      </Page>
    )
  const shown = (Object.keys(LABEL) as TabName[]).filter((tab) => (tab === 'roles' ? people || system : OF_PEOPLE.has(tab) ? people : tab === 'policies' || system))
  return <Parts shown={shown} me={me} />
}

function Parts({ shown, me }: { shown: readonly TabName[]; me: Me }) {
  const { tab: wanted, q = '', project, view = 'edit' } = route.useSearch()
  const navigate = route.useNavigate()
  const tab = shown.find((one) => one === wanted) ?? shown[0]!
  const content: Record<TabName, ReactNode> = {
    people: <People me={me.user} q={q} onSearch={(next) => void navigate({ search: (before) => ({ ...before, q: next || undefined }), replace: true })} />,
    roles: <Roles />,
    uses: <Uses />,
    devices: <Devices />,
    'sign-in': <SignIn mayProviders={me.permissions.includes('admin:system')} mayGroups={me.permissions.includes('admin:users')} />,
    programs: <Programs />,
    secrets: <Secrets />,
    backup: <Backup />,
    policies: (
      <Policies
        project={project}
        view={view}
        onProject={(next) => void navigate({ search: (before) => ({ ...before, project: next }) })}
        onView={(next) => void navigate({ search: (before) => ({ ...before, view: next === 'edit' ? undefined : next }), replace: true })}
      />
    ),
  }
  return (
    <Page isBare title="Administration">
      {me.mode === 'local' && (
        <p role="note" className="flex items-center gap-2 border-b border-line bg-info-soft px-4 py-2 text-info">
          <Info size={16} aria-hidden className="shrink-0" />
          <span>
            This hub is its machine’s owner’s alone: people, devices and providers count once it is started with <code>CLAWLINK_MODE=team</code>.
          </span>
        </p>
      )}
      <Tabs
        label="Parts of the administration"
        value={tab}
        onChange={(id) => void navigate({ search: { tab: id === shown[0] ? undefined : (id as TabName) } })}
        tabs={shown.map((id) => ({
          id,
          label: LABEL[id],
          content: (
            <Suspense
              fallback={
                <div className="p-4">
                  <Skeleton rows={6} />
                </div>
              }
            >
              {content[id]}
            </Suspense>
          ),
        }))}
      />
    </Page>
  )
}
