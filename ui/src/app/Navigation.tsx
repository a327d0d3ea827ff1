/** Where one can go: a sidebar that folds to icons, and on a phone a bar at the bottom with a sheet for the rest. */
import { useQuery } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import { Ellipsis, PanelLeft, Search, X } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { ask } from '@/api/client'
import { useHotkey, written } from '@/kit/hotkeys'
import { buttonLook, join } from '@/kit/look'
import { useNeedsCount } from '@/nouns/needs'
import { ON_A_PHONE, PLACES, type Place } from './places'

const Account = lazy(() => import('./Account'))
const PLACE = 'clawlink.sidebar'
const SHOWN_AT_MOST = 99

/** The number stands in the title too, where a tab in the background shows it. */
function useTitle(open: number) {
  useEffect(() => {
    document.title = open ? `(${open}) coderClawLink` : 'coderClawLink'
  }, [open])
}

function usePlaces(): Place[] {
  const { data: me } = useQuery(ask('GET /api/me'))
  return PLACES.filter(({ needs }) => !needs || me?.permissions.includes(needs))
}

/** A task stands beside the board: there the board is where one is. */
const useIsAt = (to: Place['to']): boolean => useRouterState({ select: ({ location }) => to === '/board' && location.pathname.startsWith('/tasks/') })

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
function You(props: { isFolded?: boolean; onPhone?: boolean }) {
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

export function BottomBar({ onSearch }: { onSearch(): void }) {
  const [isOpen, setOpen] = useState(false)
  const open = useNeedsCount()
  const places = usePlaces()
  const inBar = places.filter(({ to }) => ON_A_PHONE.includes(to))
  const rest = places.filter(({ to }) => !ON_A_PHONE.includes(to))
  return (
    <nav aria-label="Main" className="border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden">
      {isOpen && (
        <div className="border-b border-line p-2">
          {rest.map(({ to, label, icon: Icon }) => (
            <Link key={to} to={to} onClick={() => setOpen(false)} className="flex h-11 items-center gap-3 rounded-6 px-3 font-medium" activeProps={{ className: 'bg-hover text-fg' }} inactiveProps={{ className: 'text-fg-2' }}>
              <Icon size={20} aria-hidden />
              {label}
            </Link>
          ))}
          <button
            type="button"
            className="flex h-11 w-full items-center gap-3 rounded-6 px-3 font-medium text-fg-2"
            onClick={() => {
              setOpen(false)
              onSearch()
            }}
          >
            <Search size={20} aria-hidden />
            Search
          </button>
          <You onPhone />
        </div>
      )}
      <div className="flex">
        {inBar.map((place) => (
          <BarLink key={place.to} place={place} open={open} onGo={() => setOpen(false)} />
        ))}
        <button type="button" className={join(barLook, 'text-fg-2')} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? <X size={20} aria-hidden /> : <Ellipsis size={20} aria-hidden />}
          More
        </button>
      </div>
    </nav>
  )
}

const barLook = 'relative flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-12'

function BarLink({ place: { to, label, icon: Icon }, open, onGo }: { place: Place; open: number; onGo(): void }) {
  const isAt = useIsAt(to)
  return (
    <Link to={to} onClick={onGo} className={barLook} activeProps={{ className: 'text-accent-text font-medium' }} inactiveProps={isAt ? { className: 'text-accent-text font-medium', 'aria-current': 'page' } : { className: 'text-fg-2' }} activeOptions={{ includeSearch: false }}>
      <span className="relative">
        <Icon size={20} aria-hidden />
        {to === '/inbox' && open > 0 && (
          <span aria-label={`${open} need you`} className="absolute -top-1.5 left-3 min-w-4 rounded-full bg-warn-soft px-1 text-center text-12 leading-4 text-warn tabular-nums">
            {open > SHOWN_AT_MOST ? `${SHOWN_AT_MOST}+` : open}
          </span>
        )}
      </span>
      {label}
    </Link>
  )
}
