/** All projects, each with how it stands. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleDashed, FolderGit2, GitBranch, MessageCircleQuestion, Play, Plus } from 'lucide-react'
import { useState } from 'react'
import { ask } from '@/api/client'
import type { ProjectTold, StandingTold } from '@/api/schema'
import { Button, Key } from '@/kit/Button'
import { useCommands } from '@/kit/commands'
import { useHotkey } from '@/kit/hotkeys'
import { join } from '@/kit/look'
import { Page } from '@/kit/Page'
import { Badge } from '@/kit/Status'
import { EmptyState, Loaded, Skeleton } from '@/kit/states'
import { MayNot } from '@/nouns/MayNot'
import { useMay } from '@/nouns/may'
import { ProjectForm } from './ProjectForm'
import { repositoryOf } from './standing'

const NEVER: readonly number[] = [0]

export function ProjectsPage() {
  const [creating, setCreating] = useState(false)
  const { data: standings } = useQuery(ask('GET /api/projects/summary'))
  const may = useMay('project:write')
  const create = () => setCreating(true)
  useHotkey({ id: 'project.create', keys: 'c', label: 'New project', group: 'Projects', isOff: !may }, create)
  useCommands(`projects ${may}`, () => (may ? [{ id: 'project.create', label: 'New project', group: 'Projects', icon: Plus, keys: 'c', run: create }] : []))
  return (
    <Page
      title="Projects"
      actions={
        may && (
          <Button kind="primary" icon={Plus} onPress={create}>
            New project
          </Button>
        )
      }
    >
      <Loaded query={ask('GET /api/projects')} what="The projects" skeleton={<Loading />}>
        {(projects) =>
          projects.length ? (
            <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(20rem,100%),1fr))] gap-3">
              {projects.map((project) => (
                <li key={project.id} className="flex">
                  <ProjectCard project={project} standing={standings?.find(({ project_id }) => project_id === project.id)} />
                </li>
              ))}
            </ul>
          ) : (
            <EmptyState
              icon={FolderGit2}
              action={
                may ? (
                  <Button kind="primary" icon={Plus} onPress={create}>
                    Connect a repository <Key>C</Key>
                  </Button>
                ) : (
                  <MayNot>You may not connect one yourself.</MayNot>
                )
              }
            >
              No projects yet: connect a repository, and agents can work on it.
            </EmptyState>
          )
        }
      </Loaded>
      {creating && <ProjectForm onClose={() => setCreating(false)} />}
    </Page>
  )
}

function ProjectCard({ project, standing }: { project: ProjectTold; standing: StandingTold | undefined }) {
  const { open = 0, running = 0, needs_you: needsYou = 0, finished = NEVER } = standing ?? {}
  return (
    <article className="relative flex min-h-40 w-full flex-col gap-1 rounded-8 border border-line bg-surface p-4 transition-colors hover:border-line-strong has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-accent">
      <div className="flex items-start gap-2">
        <h2 className="min-w-0 flex-1 truncate text-14 font-semibold">
          <Link to="/projects/$key" params={{ key: project.key }} className="outline-none after:absolute after:inset-0 after:rounded-8">
            {project.name}
          </Link>
        </h2>
        <Badge>{project.key}</Badge>
      </div>
      <p className="flex min-w-0 items-center gap-1.5 text-12 text-fg-3">
        <GitBranch size={14} aria-hidden className="shrink-0" />
        <span className="truncate">{repositoryOf(project)}</span>
      </p>
      {project.description && <p className="mt-1 line-clamp-2 text-fg-2">{project.description}</p>}
      <div className={join('mt-auto flex items-end gap-4 pt-3 transition-opacity', !standing && 'opacity-0')}>
        <Count icon={CircleDashed} count={open} says="open" tone="text-fg-2" />
        <Count icon={Play} count={running} says="running" tone={running ? 'text-run' : 'text-fg-3'} />
        <Count icon={MessageCircleQuestion} count={needsYou} says="need you" tone={needsYou ? 'text-warn' : 'text-fg-3'} />
        <Sparkline values={finished} />
      </div>
    </article>
  )
}

function Count({ icon: Icon, count, says, tone }: { icon: typeof Play; count: number; says: string; tone: string }) {
  return (
    <span className={join('inline-flex items-center gap-1 text-12 whitespace-nowrap tabular-nums', tone)}>
      <Icon size={14} aria-hidden />
      <span className="font-medium">{count}</span> {says}
    </span>
  )
}

/** Bars, one for each day; nothing where nothing was finished. */
function Sparkline({ values }: { values: readonly number[] }) {
  const most = Math.max(...values)
  const sum = values.reduce((all, one) => all + one, 0)
  if (!sum) return null
  const says = `${sum} tasks done in the last ${values.length} days`
  return (
    <svg role="img" aria-label={says} viewBox={`0 0 ${values.length * 5} 20`} className="ml-auto h-5 w-17 shrink-0 text-ok">
      <title>{says}</title>
      {values.map((value, at) => {
        const height = value ? Math.max(3, (value / most) * 20) : 1
        return <rect key={at} x={at * 5} y={20 - height} width={3.5} height={height} rx={1} fill="currentColor" opacity={value ? 1 : 0.35} />
      })}
    </svg>
  )
}

function Loading() {
  return (
    <Skeleton>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(20rem,100%),1fr))] gap-3">
        {[1, 2, 3].map((card) => (
          <div key={card} className="h-40 rounded-8 border border-line bg-sunken" />
        ))}
      </div>
    </Skeleton>
  )
}
