/** Where one can go from anywhere: the sidebar, the bottom bar of a phone, the palette and the keys are all made of this list. */
import { Bot, ChartColumn, CirclePlay, Columns3, FolderGit2, Inbox, Server, Settings, type LucideIcon } from 'lucide-react'

export interface Place {
  to: '/inbox' | '/projects' | '/board' | '/runs' | '/agents' | '/nodes' | '/usage' | '/settings'
  label: string
  icon: LucideIcon
  keys: string
}

export const PLACES: readonly Place[] = [
  { to: '/inbox', label: 'Inbox', icon: Inbox, keys: 'g i' },
  { to: '/projects', label: 'Projects', icon: FolderGit2, keys: 'g p' },
  { to: '/board', label: 'Board', icon: Columns3, keys: 'g b' },
  { to: '/runs', label: 'Runs', icon: CirclePlay, keys: 'g r' },
  { to: '/agents', label: 'Agents', icon: Bot, keys: 'g a' },
  { to: '/nodes', label: 'Nodes', icon: Server, keys: 'g n' },
  { to: '/usage', label: 'Usage', icon: ChartColumn, keys: 'g u' },
  { to: '/settings', label: 'Settings', icon: Settings, keys: 'g s' },
]

/** On a phone these four and "More". */
export const ON_A_PHONE: ReadonlyArray<Place['to']> = ['/inbox', '/projects', '/board', '/runs']
