/** All agents that are known: those that can work, and what is missing for the others. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Bot, CirclePlay, Search } from 'lucide-react'
import { ask } from '@/api/client'
import type { AgentInfo, RunTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { TextField } from '@/kit/Field'
import { Card, Page } from '@/kit/Page'
import { EmptyState, Loaded, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { commandsIn, ORDER, standingOf } from './standing'

const LOOKED_AT = 200 // of the latest runs; the live stream tells which of them are at work

const route = getRouteApi('/agents/')

export function AgentsPage() {
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const find = (text: string) => void navigate({ search: { q: text || undefined }, replace: true })
  return (
    <Page title="Agents" actions={<TextField label="Find an agent" hideLabel placeholder="Find an agent" value={q} onChange={find} className="w-40 sm:w-56" />}>
      <Loaded query={ask('GET /api/runtime/agents')} what="The agents" skeleton={<CardsSkeleton />}>
        {(agents) => <Agents agents={agents} wanted={q} onClear={() => find('')} />}
      </Loaded>
    </Page>
  )
}

function Agents({ agents, wanted, onClear }: { agents: AgentInfo[]; wanted: string; onClear(): void }) {
  const { data: runs } = useQuery(ask('GET /api/runs', { query: { limit: LOOKED_AT } }))
  const found = agents
    .filter(({ name, description, metadata }) => `${name} ${description} ${metadata?.models.join(' ') ?? ''}`.toLowerCase().includes(wanted.trim().toLowerCase()))
    .toSorted((a, b) => ORDER.indexOf(standingOf(a).id) - ORDER.indexOf(standingOf(b).id) || a.name.localeCompare(b.name))
  if (agents.length === 0)
    return (
      <EmptyState icon={Bot} action={<CommandLine>clawlink doctor</CommandLine>}>
        No node has told of an agent yet; this command says what is missing.
      </EmptyState>
    )
  if (found.length === 0)
    return (
      <EmptyState icon={Search} action={<Button onPress={onClear}>Show all agents</Button>}>
        No agent fits “{wanted}”.
      </EmptyState>
    )
  const able = found.filter(({ available }) => available)
  const unable = found.filter(({ available }) => !available)
  const atWork = (name: string) => (runs ?? []).filter(({ agent, state }) => agent === name && state === 'running')
  return (
    <div className="mx-auto flex max-w-7xl flex-col gap-6">
      {able.length > 0 && (
        <Group title="Ready to work" count={able.length}>
          {able.map((agent) => (
            <AgentCard key={agent.name} agent={agent} runs={atWork(agent.name)} />
          ))}
        </Group>
      )}
      {unable.length > 0 && (
        <Group title="Not ready" count={unable.length}>
          {unable.map((agent) => (
            <AgentCard key={agent.name} agent={agent} runs={[]} />
          ))}
        </Group>
      )}
    </div>
  )
}

const GRID = 'grid gap-4 sm:grid-cols-2 xl:grid-cols-3'

function Group({ title, count, children }: { title: string; count: number; children: React.ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className="mb-3 text-13 text-fg-2">
        {title} <span className="font-normal text-fg-3 tabular-nums">{count}</span>
      </h2>
      <ul className={GRID}>{children}</ul>
    </section>
  )
}

function AgentCard({ agent, runs }: { agent: AgentInfo; runs: RunTold[] }) {
  const { name, description, metadata } = agent
  const standing = standingOf(agent)
  const health = metadata?.health ?? []
  return (
    <li className="flex">
      <Card className="flex w-full min-w-0 flex-col gap-3">
        <div className="flex items-start gap-3">
          <span className="flex size-9 shrink-0 items-center justify-center rounded-8 bg-accent-soft text-accent-text">
            <Bot size={20} aria-hidden />
          </span>
          <div className="min-w-0 flex-1">
            <h3 className="truncate text-14">
              <Link to="/agents/$name" params={{ name }} className="rounded-4 hover:underline">
                {name}
              </Link>
            </h3>
            <p className="text-12 text-fg-2">{description || 'No description.'}</p>
          </div>
          <Status icon={standing.icon} tone={standing.tone}>
            {standing.label}
          </Status>
        </div>
        {metadata?.refused ? <p className="text-warn">{metadata.refused}</p> : metadata?.why && <WhatToDo why={metadata.why} />}
        <dl className="grid grid-cols-[5.5rem_1fr] gap-x-3 gap-y-1 text-12">
          <Fact name="Version">{metadata?.version}</Fact>
          <Fact name="Reached by">{metadata?.reached}</Fact>
          <Fact name="Model">{modelsOf(agent)}</Fact>
          <Fact name="Accounts">{metadata?.accounts.join(', ')}</Fact>
          {agent.available && <Fact name="Nodes">{health.map((one) => `${one.node}${one.available && one.online ? '' : one.online ? ' (not there)' : ' (offline)'}`).join(', ')}</Fact>}
        </dl>
        <div className="mt-auto flex min-h-6 items-center gap-2 border-t border-line pt-3 text-12 text-fg-2">
          {runs.length > 0 ? (
            <>
              <Status icon={CirclePlay} tone="run" bare>{`${runs.length} at work`}</Status>
              <span className="flex min-w-0 flex-wrap gap-x-2">
                {runs.slice(0, 4).map(({ id, number, title }) => (
                  <Link key={id} to="/runs/$id" params={{ id }} title={title} className="text-accent-text underline underline-offset-2">
                    #{number}
                  </Link>
                ))}
              </span>
            </>
          ) : (
            <span className="text-fg-3">Not at work</span>
          )}
          <Link to="/agents/$name" params={{ name }} className="ml-auto font-medium text-accent-text hover:underline" aria-label={`Configure ${name}`}>
            Configure
          </Link>
        </div>
      </Card>
    </li>
  )
}

/** Why it cannot work, and the commands that stand in the sentence, to take along. */
export function WhatToDo({ why }: { why: string }) {
  return (
    <div className="flex flex-col gap-2 text-12">
      <p className="break-words text-fg-2">{why}</p>
      {commandsIn(why).map((command) => (
        <CommandLine key={command}>{command}</CommandLine>
      ))}
    </div>
  )
}

function Fact({ name, children }: { name: string; children: string | null | undefined }) {
  if (!children) return null
  return (
    <>
      <dt className="text-fg-3">{name}</dt>
      <dd className="min-w-0 truncate" title={children}>
        {children}
      </dd>
    </>
  )
}

function modelsOf({ metadata }: AgentInfo): string {
  const { model = '', models = [] } = metadata ?? {}
  const others = models.filter((one) => one !== model).length
  return model ? (others ? `${model} and ${others} more` : model) : models.join(', ')
}

function CardsSkeleton() {
  return (
    <Skeleton>
      <div className={GRID}>
        {Array.from({ length: 6 }, (_, card) => (
          <div key={card} className="h-44 rounded-8 bg-sunken" />
        ))}
      </div>
    </Skeleton>
  )
}
