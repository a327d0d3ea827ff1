/** One agent: how it stands, and each of its layers of configuration, to read and to change. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft, Lock } from 'lucide-react'
import { ask } from '@/api/client'
import type { AgentTold, ProjectTold } from '@/api/schema'
import { Select } from '@/kit/Field'
import { buttonLook } from '@/kit/look'
import { Page } from '@/kit/Page'
import { Loaded } from '@/kit/states'
import { Status } from '@/kit/Status'
import { Editor } from './Editor'
import { standingOf } from './standing'

const route = getRouteApi('/agents/$name')

export function AgentPage() {
  const { name } = route.useParams()
  return (
    <Loaded query={ask('GET /api/agents/{name}', { path: { name } })} what={`The agent ${name}`}>
      {(agent) => <Shown key={agent.name} agent={agent} />}
    </Loaded>
  )
}

function Shown({ agent }: { agent: AgentTold }) {
  const { project } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const standing = standingOf(agent)
  return (
    <Page
      isBare
      title={
        <span className="flex items-center gap-2">
          <Link to="/agents" aria-label="All agents" className={buttonLook('quiet', true)}>
            <ChevronLeft size={16} aria-hidden />
          </Link>
          {agent.name}
        </span>
      }
      beside={
        <Status icon={standing.icon} tone={standing.tone} title={agent.metadata?.refused ?? agent.metadata?.why ?? undefined}>
          {standing.label}
        </Status>
      }
      actions={
        <Select
          label="Where it holds"
          hideLabel
          className="w-48"
          value={String(project ?? '')}
          choices={[{ value: '', label: 'Whole installation' }, ...projects.map((one) => ({ value: String(one.id), label: one.key, hint: hintOf(agent, one) }))]}
          onChange={(value) => void navigate({ search: (before) => ({ ...before, project: value ? Number(value) : undefined }) })}
        />
      }
    >
      {!agent.may_configure && (
        <p role="note" className="flex items-center gap-2 border-b border-line bg-info-soft px-4 py-2 text-info">
          <Lock size={16} aria-hidden className="shrink-0" />
          You see this read-only. An administrator of this hub can let you configure agents.
        </p>
      )}
      <Loaded query={ask('GET /api/agents/{name}/configuration', { path: { name: agent.name }, query: { project_id: project } })} what="The configuration">
        {(layer) => <Editor key={`${layer.agent} ${layer.project_id}`} agent={agent} layer={layer} />}
      </Loaded>
    </Page>
  )
}

function hintOf(agent: AgentTold, project: ProjectTold): string {
  const says = agent.projects.some(({ project_id, version, configuration }) => project_id === project.id && version > 0 && Object.keys(configuration).length > 0)
  return says ? `${project.name}: says something of its own` : project.name
}
