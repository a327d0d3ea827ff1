/** One project: where its code is and with whose access, what its results must pass, what it may cost, what is brought in; and its end. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Columns3, GitBranch, Lock, MessagesSquare, Pencil, SearchX, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { ask, call } from '@/api/client'
import type { ProjectTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook } from '@/kit/look'
import { Markdown } from '@/kit/Markdown'
import { Card, Page } from '@/kit/Page'
import { Badge, Status } from '@/kit/Status'
import { EmptyState, Loaded } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { MayNot } from '@/nouns/MayNot'
import { useMay } from '@/nouns/may'
import { Budget } from './Budget'
import { Checks } from './Checks'
import { ProjectForm, STATES } from './ProjectForm'
import { repositoryOf } from './standing'

const Repositories = lazy(() => import('./Repositories'))
const CodeHost = lazy(() => import('./CodeHost'))
const Issues = lazy(() => import('./Issues'))
const Imports = lazy(() => import('./Imports'))
const Members = lazy(() => import('./Members'))

export function ProjectPage({ projectKey }: { projectKey: string }) {
  const { data } = useQuery(ask('GET /api/projects'))
  const project = data?.find(({ key }) => key === projectKey.toUpperCase())
  if (project) return <Project project={project} />
  return (
    <Page title={projectKey}>
      <Loaded query={ask('GET /api/projects')} what="The project">
        {() => (
          <EmptyState
            icon={SearchX}
            action={
              <Link to="/projects" className={buttonLook()}>
                To the projects
              </Link>
            }
          >
            There is no project {projectKey}.
          </EmptyState>
        )}
      </Loaded>
    </Page>
  )
}

function Project({ project }: { project: ProjectTold }) {
  const [isEditing, setEditing] = useState(false)
  const { data: me } = useQuery(ask('GET /api/me'))
  const mayWrite = useMay('project:write', project.id)
  const mayDelete = useMay('project:delete', project.id)
  useHotkey({ id: 'project.edit', keys: 'e', label: 'Edit the project', group: 'Project', isOff: !mayWrite }, () => setEditing(true))
  return (
    <Page
      title={
        <>
          <Link to="/projects" className="text-fg-3 hover:underline">
            Projects
          </Link>{' '}
          / {project.name}
        </>
      }
      beside={
        <>
          <Badge>{project.key}</Badge>
          {project.private && (
            <Status icon={Lock} tone="info">
              Private
            </Status>
          )}
        </>
      }
      actions={
        <>
          <Link to="/chat/$project" params={{ project: project.key }} className={buttonLook('quiet')}>
            <MessagesSquare size={16} aria-hidden />
            <span className="max-sm:sr-only">Chat</span>
          </Link>
          <Link to="/board" search={{ project: project.key }} className={buttonLook('primary')}>
            <Columns3 size={16} aria-hidden />
            Board
          </Link>
        </>
      }
    >
      <div className="mx-auto flex max-w-200 flex-col gap-4">
        <Card className="flex flex-col gap-3">
          <div className="flex items-center gap-2">
            <h2 className="flex-1 text-14 font-semibold">About</h2>
            {mayWrite && (
              <Button icon={Pencil} onPress={() => setEditing(true)}>
                Edit
              </Button>
            )}
          </div>
          {project.description ? <Markdown text={project.description} /> : <p className="text-fg-3">Nothing is said about it yet.</p>}
          <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
            <dt className="text-fg-3">Repository</dt>
            <dd className="flex min-w-0 items-center gap-1.5">
              <GitBranch size={14} aria-hidden className="shrink-0 text-fg-3" />
              <span className="truncate" title={project.github_repo_url ?? undefined}>
                {repositoryOf(project)}
              </span>
            </dd>
            <dt className="text-fg-3">State</dt>
            <dd>{STATES.find(({ value }) => value === project.status)?.label}</dd>
            <dt className="text-fg-3">Created</dt>
            <dd>
              <Time at={project.created_at} />
            </dd>
          </dl>
        </Card>
        {!mayWrite && <MayNot>You may look at this project, and not change it.</MayNot>}
        <Suspense fallback={null}>
          <CodeHost project={project} />
          <Repositories project={project} />
        </Suspense>
        <Checks project={project} />
        <Budget project={project} />
        <Suspense fallback={null}>
          {me?.mode === 'team' && <Members project={project} />}
          {project.github_repo_owner && <Issues project={project} />}
          {mayWrite && <Imports project={project} />}
        </Suspense>
        {mayDelete && <End project={project} />}
      </div>
      {isEditing && <ProjectForm project={project} onClose={() => setEditing(false)} />}
    </Page>
  )
}

function End({ project }: { project: ProjectTold }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [isOpen, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const drop = useMutation({
    mutationFn: () => call('DELETE /api/projects/{project_id}', { path: { project_id: project.id } }),
    async onSuccess() {
      await navigate({ to: '/projects' })
      await client.invalidateQueries({ queryKey: ['GET /api/projects'] })
      toast(`Project ${project.key} deleted`)
    },
    onError: toastError,
  })
  const isMeant = typed.trim().toUpperCase() === project.key
  return (
    <Card className="flex flex-wrap items-center gap-3">
      <div className="min-w-0 flex-1">
        <h2 className="text-14 font-semibold">Delete the project</h2>
        <p className="text-fg-2">With all its tasks, runs, comments and files. The repository stays as it is.</p>
      </div>
      <Button icon={Trash2} onPress={() => (setTyped(''), setOpen(true))}>
        Delete project…
      </Button>
      <Confirm title={`Delete ${project.name} (${project.key})?`} verb={`Delete ${project.key}`} isOpen={isOpen} onClose={() => setOpen(false)} onConfirm={() => (isMeant ? drop.mutate() : toast(`Nothing was deleted: that is not ${project.key}.`, { tone: 'bad' }))}>
        <div className="flex flex-col gap-3">
          <p>All its tasks and runs go with it, and cannot be brought back. Agents at work are stopped.</p>
          <TextField label={`Type ${project.key} to delete it`} value={typed} onChange={setTyped} autoComplete="off" />
        </div>
      </Confirm>
    </Card>
  )
}
