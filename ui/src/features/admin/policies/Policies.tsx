/** The policy of the installation or of a project: written, tested, tried on one question and on what has been, put in force, taken back. */
import { useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleDashed } from 'lucide-react'
import { ApiError, ask } from '@/api/client'
import { Select } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { join } from '@/kit/look'
import { ErrorState, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { VIEWS, type View } from '../tabs'
import { Workshop } from './Workshop'

const LABEL: Record<View, string> = { edit: 'Edit', try: 'Try', replay: 'Replay', decisions: 'Decisions', versions: 'Versions' }

export interface PoliciesProps {
  /** Whose; undefined: the installation's. */
  project: number | undefined
  view: View
  onProject(project: number | undefined): void
  onView(view: View): void
}

export function Policies({ project, view, onProject, onView }: PoliciesProps) {
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const { data: policy, error, refetch } = useQuery(ask('GET /api/policies', { query: { project_id: project } }))
  const isNone = error instanceof ApiError && error.status === 404 && (project === undefined || projects.some(({ id }) => id === project))
  if (error && !isNone) return <ErrorState what="The policy could not be read." error={error} onRetry={() => void refetch()} />
  const current = isNone ? null : policy
  return (
    <div className="mx-auto flex max-w-7xl flex-col gap-4 p-4 pb-12">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Select
          label="Whose policy"
          hideLabel
          className="w-60"
          value={String(project ?? '')}
          choices={[{ value: '', label: 'Whole installation' }, ...projects.map(({ id, key, name }) => ({ value: String(id), label: key, hint: name }))]}
          onChange={(value) => onProject(value ? Number(value) : undefined)}
        />
        {current && current.active ? (
          <span className="flex flex-wrap items-center gap-x-2 text-12 text-fg-2">
            <Status icon={CircleCheck} tone="ok">
              {`Version ${current.version} in force`}
            </Status>
            <span>
              by {current.changed_by}, <Time at={current.changed_at} />
            </span>
          </span>
        ) : (
          current !== undefined && (
            <Status icon={CircleDashed} tone="plain">
              None in force: what roles grant is allowed
            </Status>
          )
        )}
        <nav aria-label="Views of the policy" className="flex max-w-full overflow-x-auto rounded-6 border border-line p-0.5 lg:ml-auto">
          {VIEWS.map((one) => (
            <button
              key={one}
              type="button"
              aria-current={one === view ? 'true' : undefined}
              onClick={() => onView(one)}
              className={join('h-7 shrink-0 rounded-4 px-3 font-medium pointer-coarse:h-10', one === view ? 'bg-accent-soft text-accent-text' : 'text-fg-2 hover:text-fg')}
            >
              {LABEL[one]}
            </button>
          ))}
        </nav>
      </div>
      {current === undefined ? <Skeleton rows={8} /> : <Workshop key={String(project)} policy={current} project={project} view={view} onView={onView} />}
    </div>
  )
}
