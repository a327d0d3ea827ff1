/** The machines that run agents: which are there, how busy they are, what contains agents on them. */
import { getRouteApi, Link } from '@tanstack/react-router'
import { Bot, CircleCheck, CircleOff, Search, Server, ShieldAlert, ShieldCheck, Wifi, WifiOff } from 'lucide-react'
import { ask } from '@/api/client'
import type { NodeTold, OfferTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { Card, Page } from '@/kit/Page'
import { EmptyState, Loaded, Skeleton } from '@/kit/states'
import { Badge, Status } from '@/kit/Status'

const route = getRouteApi('/nodes')

export function NodesPage() {
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const find = (text: string) => void navigate({ search: { q: text || undefined }, replace: true })
  return (
    <Page title="Nodes" actions={<TextField label="Find a node" hideLabel placeholder="Find a node or agent" value={q} onChange={find} className="w-40 sm:w-56" />}>
      <Loaded query={ask('GET /api/nodes')} what="The nodes" skeleton={<NodesSkeleton />}>
        {(nodes) => <Nodes nodes={nodes} wanted={q} onClear={() => find('')} />}
      </Loaded>
    </Page>
  )
}

function Nodes({ nodes, wanted, onClear }: { nodes: NodeTold[]; wanted: string; onClear(): void }) {
  const words = wanted.trim().toLowerCase()
  const found = nodes
    .filter(({ name, agents, labels }) => [name, ...agents.map((one) => one.name), ...Object.entries(labels).flat()].join(' ').toLowerCase().includes(words))
    .toSorted((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name))
  if (nodes.length === 0)
    return (
      <EmptyState icon={Server} action={<CommandLine>clawlink serve</CommandLine>}>
        No node has joined yet; the hub starts one on its own machine.
      </EmptyState>
    )
  if (found.length === 0)
    return (
      <EmptyState icon={Search} action={<Button onPress={onClear}>Show all nodes</Button>}>
        No node fits “{wanted}”.
      </EmptyState>
    )
  return (
    <ul className="mx-auto grid max-w-7xl gap-4 lg:grid-cols-2">
      {found.map((node) => (
        <NodeCard key={node.name} node={node} />
      ))}
    </ul>
  )
}

function NodeCard({ node }: { node: NodeTold }) {
  const isContained = node.sandbox !== 'none'
  return (
    <li className="flex">
      <Card className="flex w-full min-w-0 flex-col gap-4">
        <div className="flex items-center gap-3">
          <span className="flex size-9 shrink-0 items-center justify-center rounded-8 bg-sunken text-fg-2">
            <Server size={20} aria-hidden />
          </span>
          <div className="min-w-0 flex-1">
            <h2 className="truncate text-14">{node.name}</h2>
            <p className="text-12 text-fg-2">
              {node.online ? 'Heard of' : 'Last heard of'} <Time at={node.seen_at} />
            </p>
          </div>
          {node.online ? (
            <Status icon={Wifi} tone="ok">
              Online
            </Status>
          ) : (
            <Status icon={WifiOff} tone="warn">
              Offline
            </Status>
          )}
        </div>
        {!node.online && <p className="text-12 text-fg-2">Its runs wait for it, and are made anew elsewhere when it stays away. On its machine, look whether the node runs and reaches this hub.</p>}
        <Slots atWork={node.at_work} slots={node.slots} name={node.name} />
        <dl className="grid grid-cols-[5.5rem_1fr] items-center gap-x-3 gap-y-2">
          <dt className="text-12 text-fg-3">Sandbox</dt>
          <dd>
            <Status icon={isContained ? ShieldCheck : ShieldAlert} tone={isContained ? 'ok' : 'bad'} bare>
              {isContained ? node.sandbox : 'none: agents are not contained'}
            </Status>
          </dd>
          {Object.keys(node.labels).length > 0 && (
            <>
              <dt className="text-12 text-fg-3">Labels</dt>
              <dd className="flex flex-wrap gap-1">
                {Object.entries(node.labels).map(([name, value]) => (
                  <Badge key={name}>{value ? `${name}: ${value}` : name}</Badge>
                ))}
              </dd>
            </>
          )}
        </dl>
        <Agents agents={node.agents} />
      </Card>
    </li>
  )
}

function Slots({ atWork, slots, name }: { atWork: number; slots: number; name: string }) {
  const text = `${atWork} of ${slots} places taken`
  return (
    <div>
      <div className="mb-1 flex justify-between text-12">
        <span className="text-fg-2">At work</span>
        <span className="tabular-nums">{text}</span>
      </div>
      <div role="meter" aria-label={`Places of ${name}`} aria-valuemin={0} aria-valuemax={slots} aria-valuenow={atWork} aria-valuetext={text} className="flex h-2 gap-0.5">
        {slots <= 32 ? (
          Array.from({ length: slots }, (_, place) => <span key={place} className={`flex-1 rounded-4 ${place < atWork ? 'bg-accent' : 'bg-line'}`} />)
        ) : (
          <svg className="h-2 w-full" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden>
            <rect width="100" height="8" className="fill-(--line)" />
            <rect width={Math.min(100, (atWork / slots) * 100)} height="8" className="fill-(--accent)" />
          </svg>
        )}
      </div>
    </div>
  )
}

function Agents({ agents }: { agents: OfferTold[] }) {
  const sorted = agents.toSorted((a, b) => Number(b.available) - Number(a.available) || a.name.localeCompare(b.name))
  if (sorted.length === 0) return <p className="text-12 text-fg-3">It offers no agents.</p>
  return (
    <ul aria-label="Agents" className="mt-auto divide-y divide-line border-t border-line">
      {sorted.map((agent) => (
        <li key={agent.name} className="flex min-h-row items-center gap-3 py-1">
          <Bot size={16} aria-hidden className="shrink-0 text-fg-3" />
          <Link to="/agents/$name" params={{ name: agent.name }} className="font-medium hover:underline">
            {agent.name}
          </Link>
          <span className="min-w-0 flex-1 truncate text-12 text-fg-3" title={agent.why ?? undefined}>
            {agent.available ? [agent.version, agent.limit && `at most ${agent.limit} at once`].filter(Boolean).join(', ') : agent.why}
          </span>
          <Status icon={agent.available ? CircleCheck : CircleOff} tone={agent.available ? 'ok' : 'plain'} bare>
            {agent.available ? 'Available' : 'Not there'}
          </Status>
        </li>
      ))}
    </ul>
  )
}

function NodesSkeleton() {
  return (
    <Skeleton>
      <div className="grid gap-4 lg:grid-cols-2">
        <div className="h-72 rounded-8 bg-sunken" />
        <div className="h-72 rounded-8 bg-sunken" />
      </div>
    </Skeleton>
  )
}
