/** Where one can go on a phone: a bar at the bottom, with a sheet for the rest. Wider pages do without it, and do not wait for it. */
import { Link } from '@tanstack/react-router'
import { Ellipsis, Search, X } from 'lucide-react'
import { useState } from 'react'
import { join } from '@/kit/look'
import { useNeedsCount } from '@/nouns/needs'
import { SHOWN_AT_MOST, useIsAt, usePlaces, You } from './Navigation'
import { ON_A_PHONE, type Place } from './places'

export default function BottomBar({ onSearch }: { onSearch(): void }) {
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
