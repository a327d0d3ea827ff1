/** The frame around every page: where one can go, what needs you, whether the hub is heard, and the keys that act everywhere. */
import { Outlet, useNavigate } from '@tanstack/react-router'
import { CloudOff } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useCommands } from '@/kit/commands'
import { useHotkey, type Hotkey } from '@/kit/hotkeys'
import { setDensity, setTheme } from '@/kit/theme'
import { useLiveStatus } from '@/live/live'
import { Sidebar } from './Navigation'
import { PLACES } from './places'

// What the first look at a page does without; the dialogs' code comes with them.
const Toasts = lazy(() => import('@/kit/toast').then(({ Toasts }) => ({ default: Toasts })))
const BottomBar = lazy(() => import('./BottomBar'))
const Palette = lazy(() => import('@/kit/Palette'))
const HotkeySheet = lazy(() => import('@/kit/HotkeySheet').then(({ HotkeySheet }) => ({ default: HotkeySheet })))

export function Shell() {
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null)
  const navigate = useNavigate()
  const close = () => setOpen(null)

  useHotkey({ id: 'palette', keys: 'mod+k', label: 'Command palette', group: 'Everywhere' }, () => setOpen('palette'))
  useHotkey({ id: 'keys', keys: '?', label: 'This list', group: 'Everywhere' }, () => setOpen('keys'))
  useCommands('shell', () => [
    ...PLACES.map(({ to, label, icon, keys }) => ({ id: to, label, group: 'Go to', icon, keys, run: () => void navigate({ to }) })),
    { id: 'keys', label: 'Keyboard', group: 'Help', keys: '?', run: () => setOpen('keys') },
    { id: 'light', label: 'Light theme', group: 'Appearance', run: () => setTheme('light') },
    { id: 'dark', label: 'Dark theme', group: 'Appearance', run: () => setTheme('dark') },
    { id: 'system', label: 'Theme of the system', group: 'Appearance', run: () => setTheme('system') },
    { id: 'comfortable', label: 'Comfortable density', group: 'Appearance', run: () => setDensity('comfortable') },
    { id: 'compact', label: 'Compact density', group: 'Appearance', run: () => setDensity('compact') },
  ])

  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-6 focus:bg-accent focus:px-3 focus:py-2 focus:text-accent-fg">
        Skip to the page
      </a>
      <Sidebar onSearch={() => setOpen('palette')} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <Offline />
        <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
          <Outlet />
        </main>
      </div>
      <Suspense fallback={<div className="h-14 border-t border-line bg-surface md:hidden" />}>
        <BottomBar onSearch={() => setOpen('palette')} />
      </Suspense>
      <Suspense fallback={null}>
        <Toasts />
      </Suspense>
      {PLACES.map(({ to, label, keys }) => (
        <Go key={to} hotkey={{ id: `go${to}`, keys, label, group: 'Go to' }} act={() => void navigate({ to })} />
      ))}
      <Suspense fallback={null}>
        {open === 'palette' && <Palette isOpen onClose={close} />}
        {open === 'keys' && <HotkeySheet isOpen onClose={close} />}
      </Suspense>
    </div>
  )
}

function Go({ hotkey, act }: { hotkey: Hotkey; act(): void }) {
  useHotkey(hotkey, act)
  return null
}

/** The last that was known stays on the page; what is done waits or is refused. */
function Offline() {
  const status = useLiveStatus()
  if (status !== 'offline') return null
  return (
    <div role="status" className="flex min-h-9 items-center justify-center gap-2 border-b border-line bg-warn-soft px-4 py-1 text-warn">
      <CloudOff size={16} aria-hidden className="shrink-0" />
      The hub does not answer. You see what was last known; trying again.
    </div>
  )
}
