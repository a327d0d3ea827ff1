/** Where one can go: a sidebar that folds to icons. A phone has `BottomBar` instead. */
import { useQuery } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import { PanelLeft, Search } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { ask } from '@/api/client'
import { useHotkey, written } from '@/kit/hotkeys'
import { buttonLook, join } from '@/kit/look'
import { useNeedsCount } from '@/nouns/needs'
import { PLACES, type Place } from './places'

const Account = lazy(() => import('./Account'))
const PLACE = 'clawlink.sidebar'
export const SHOWN_AT_MOST = 99

/** The number stands in the title too, where a tab in the background shows it. */
function useTitle(open: number) {
  useEffect(() => {
    document.title = open ? `(${open}) coderClawLink` : 'coderClawLink'
  }, [open])
}

export function usePlaces(): Place[] {
  const { data: me } = useQuery(ask('GET /api/me'))
  return PLACES.filter(({ needs }) => !needs || me?.permissions.includes(needs))
}

/** A task stands beside the board: there the board is where one is. */
export const useIsAt = (to: Place['to']): boolean => useRouterState({ select: ({ location }) => to === '/board' && location.pathname.startsWith('/tasks/') })

export function Sidebar({ onSearch }: { onSearch(): void }) {
  const [isFolded, setFolded] = useState(() => localStorage.getItem(PLACE) === 'folded')
  const open = useNeedsCount()
  useTitle(open)
  const fold = () => {
    localStorage.setItem(PLACE, isFolded ? 'open' : 'folded')
    setFolded(!isFolded)
  }
  useHotkey({ id: 'sidebar', keys: 'mod+b', label: 'Fold the sidebar', group: 'Everywhere' }, fold)
  return (
    <nav aria-label="Main" className={join('hidden shrink-0 flex-col gap-1 border-r border-line bg-bg p-2 md:flex', isFolded ? 'w-14 items-center' : 'w-55')}>
      <div className={join('mb-1 flex items-center', isFolded ? 'flex-col gap-1' : 'gap-2 pl-1')}>
        <img src="/icon.svg" alt="" width={24} height={24} />
        {!isFolded && <span className="flex-1 truncate text-14 font-semibold">coderClawLink</span>}
        <button type="button" className={buttonLook('quiet', true)} onClick={fold} aria-label={isFolded ? 'Unfold the sidebar' : 'Fold the sidebar'} aria-expanded={!isFolded}>
          <PanelLeft size={16} aria-hidden />
        </button>
      </div>
      <button
        type="button"
        onClick={onSearch}
        aria-label="Search and commands"
        className={join('mb-2 flex h-control items-center gap-2 rounded-6 border border-line bg-surface text-fg-3 hover:border-line-strong', isFolded ? 'w-control justify-center' : 'px-2')}
      >
        <Search size={16} aria-hidden />
        {!isFolded && (
          <>
            <span className="flex-1 text-left">Search</span>
            <kbd className="text-12">{written('mod+k')}</kbd>
          </>
        )}
      </button>
      {usePlaces().map((place) => (
        <SideLink key={place.to} place={place} count={place.to === '/inbox' ? open : 0} isFolded={isFolded} />
      ))}
      <You isFolded={isFolded} />
    </nav>
  )
}

/** Nothing where everybody is the machine's owner. */
export function You(props: { isFolded?: boolean; onPhone?: boolean }) {
  const { data: me } = useQuery(ask('GET /api/me'))
  if (me?.mode !== 'team') return null
  return (
    <Suspense fallback={null}>
      <Account me={me} {...props} />
    </Suspense>
  )
}

function SideLink({ place: { to, label, icon: Icon }, count, isFolded }: { place: Place; count: number; isFolded: boolean }) {
  const isAt = useIsAt(to)
  return (
    <Link
      to={to}
      title={isFolded ? label : undefined}
      className={join('relative flex h-control items-center gap-3 rounded-6 font-medium hover:bg-hover hover:text-fg', isFolded ? 'w-control justify-center' : 'px-2')}
      activeProps={{ className: 'bg-hover text-fg' }}
      inactiveProps={isAt ? { className: 'bg-hover text-fg', 'aria-current': 'page' } : { className: 'text-fg-2' }}
      activeOptions={{ includeSearch: false }}
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      <span className={isFolded ? 'sr-only' : 'flex-1 truncate'}>{label}</span>
      {count > 0 && <Count count={count} isFolded={isFolded} />}
    </Link>
  )
}

function Count({ count, isFolded }: { count: number; isFolded: boolean }) {
  const text = count > SHOWN_AT_MOST ? `${SHOWN_AT_MOST}+` : String(count)
  return (
    <span aria-label={`${count} need you`} className={join('rounded-full bg-warn-soft text-12 font-medium text-warn tabular-nums', isFolded ? 'absolute -top-1 -right-1 min-w-4 px-1 text-center leading-4' : 'min-w-5 px-1.5 text-center leading-5')}>
      {text}
    </span>
  )
}
