/** What a task is one with in another program: its name there, and the way to it. */
import type { ExternalTold } from '@/api/schema'
import { join } from '@/kit/look'
import { pageAt } from '@/kit/pageAt'

const SOURCES: Record<string, string> = { github: 'GitHub', jira: 'Jira', vibe_kanban: 'Vibe Kanban' }

/** `short`: "#12" for "ada/shop#12", as on a card. */
export default function External({ external: { source, key, url }, short = false }: { external: ExternalTold; short?: boolean }) {
  return (
    <a
      href={pageAt(url)}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={`${SOURCES[source] ?? source}: ${key}`}
      className={join('inline-flex h-5 min-w-0 items-center truncate rounded-4 border border-line px-1.5 text-12 text-fg-2 tabular-nums', url && 'hover:border-line-strong hover:text-fg', short && 'z-1 max-w-24')}
    >
      <span className="sr-only">{SOURCES[source] ?? source}: </span>
      <span className="truncate">{short ? key.replace(/^.*(?=#\d+$)/, '') : key}</span>
    </a>
  )
}
