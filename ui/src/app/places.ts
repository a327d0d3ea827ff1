/** Where one can go from anywhere: the sidebar, the bottom bar of a phone, the palette and the keys are all made of this list. */
import { Bot, ChartColumn, CirclePlay, Columns3, FolderGit2, Inbox, ScrollText, Server, Settings, ShieldCheck, type LucideIcon } from 'lucide-react'
import type { Permission } from '@/api/schema'

export interface Place {
  to: '/inbox' | '/projects' | '/board' | '/runs' | '/agents' | '/nodes' | '/usage' | '/audit' | '/admin' | '/settings'
  label: string
  icon: LucideIcon
  keys: string
  /** It stands in the sidebar for who may this; its address and its key lead there anyhow, and the page says who can grant it. */
  needs?: Permission
}

export const PLACES: readonly Place[] = [
  { to: '/inbox', label: 'Inbox', icon: Inbox, keys: 'g i' },
  { to: '/projects', label: 'Projects', icon: FolderGit2, keys: 'g p' },
  { to: '/board', label: 'Board', icon: Columns3, keys: 'g b' },
  { to: '/runs', label: 'Runs', icon: CirclePlay, keys: 'g r' },
  { to: '/agents', label: 'Agents', icon: Bot, keys: 'g a' },
  { to: '/nodes', label: 'Nodes', icon: Server, keys: 'g n' },
  { to: '/usage', label: 'Usage', icon: ChartColumn, keys: 'g u' },
  { to: '/audit', label: 'Audit', icon: ScrollText, keys: 'g l', needs: 'admin:system' },
  { to: '/admin', label: 'Administration', icon: ShieldCheck, keys: 'g m', needs: 'admin:users' },
  { to: '/settings', label: 'Settings', icon: Settings, keys: 'g s' },
]

/** On a phone these four and "More". */
export const ON_A_PHONE: ReadonlyArray<Place['to']> = ['/inbox', '/projects', '/board', '/runs']
