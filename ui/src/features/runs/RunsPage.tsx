/** All runs, the newest first, live; what is filtered stands in the address. Above: the route. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { CirclePlay, FilterX } from 'lucide-react'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { ask } from '@/api/client'
import type { RunTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Select } from '@/kit/Field'
import { Elapsed, Lines, Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook, inputLook, join } from '@/kit/look'
import { Page } from '@/kit/Page'
import { EmptyState, Loaded } from '@/kit/states'
import { RunState } from '@/nouns/RunState'
import { SETS, type Filter, type Set } from './filter'
import { fits, isIn } from './fitting'

const AT_FIRST = 300
const AT_MOST = 1000
const GROUP = 'Runs'
const ANY = '*'
const route = getRouteApi('/runs/')

export function RunsPage() {
  const [limit, setLimit] = useState(AT_FIRST)
  const query = { ...ask('GET /api/runs', { query: { limit } }), placeholderData: keepPreviousData }
  const { data: runs } = useQuery(query)
  if (runs) return <Shown runs={runs} onMore={runs.length === limit && limit < AT_MOST ? () => setLimit(AT_MOST) : null} />
  return (
    <Page title="Runs">
      <Loaded query={query} what="The runs">
        {() => null}
      </Loaded>
    </Page>
  )
}

function Shown({ runs, onMore }: { runs: readonly RunTold[]; onMore: (() => void) | null }) {
  const filter = useDeferredValue(route.useSearch())
  const { state = 'all' } = filter
  const navigate = route.useNavigate()
  const change = (changes: Filter) => void navigate({ search: (now) => ({ ...now, ...changes }), replace: true })
  const search = useRef<HTMLInputElement>(null)
  useHotkey({ id: 'runs.filter', keys: '/', label: 'Filter', group: GROUP }, () => search.current?.focus())

  const fitting = runs.filter((run) => fits(run, filter))
  const shown = fitting.filter((run) => isIn(state, run))
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  return (
    <Page isBare title="Runs" beside={<Filters runs={runs} filter={filter} change={change} search={search} />}>
      <nav aria-label="State" className="flex shrink-0 gap-1 overflow-x-auto border-b border-line bg-surface px-3">
        {(Object.keys(SETS) as Set[]).map((set) => (
          <Link
            key={set}
            from="/runs/"
            to="."
            search={{ ...filter, state: set === 'all' ? undefined : set }}
            replace
            aria-current={set === state ? 'true' : undefined}
            className={join('flex h-control shrink-0 items-center gap-2 border-b-2 px-2 font-medium outline-offset-[-2px]', set === state ? 'border-accent text-fg' : 'border-transparent text-fg-3 hover:text-fg')}
          >
            {SETS[set]} <span className="text-12 font-normal text-fg-3 tabular-nums">{fitting.filter((run) => isIn(set, run)).length}</span>
          </Link>
        ))}
      </nav>
      {runs.length === 0 ? (
        <EmptyState icon={CirclePlay} action={<Link to="/board" className={buttonLook('primary')}>To the board</Link>}>
          No agent has run yet: give it a task on the board.
        </EmptyState>
      ) : shown.length === 0 && isFiltered ? (
        <EmptyState icon={FilterX} action={<Button onPress={() => void navigate({ search: {}, replace: true })}>Clear the filters</Button>}>
          No run fits these filters.
        </EmptyState>
      ) : (
        <Rows runs={shown} />
      )}
      {onMore && (
        <div className="flex items-center justify-center gap-3 border-t border-line bg-surface px-4 py-2 text-fg-2">
          The newest {AT_FIRST} are shown.
          <Button onPress={onMore}>Show older</Button>
        </div>
      )}
    </Page>
  )
}

interface FiltersProps {
  runs: readonly RunTold[]
  filter: Filter
  change(changes: Filter): void
  search: React.RefObject<HTMLInputElement | null>
}

function Filters({ runs, filter, change, search }: FiltersProps) {
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const agents = [...new Set([...runs.map((run) => run.agent), ...(filter.agent ? [filter.agent] : [])])].sort()
  return (
    <div className="flex flex-1 flex-wrap items-center gap-2">
      <div className="w-56 max-sm:w-full">
        <input ref={search} type="search" aria-label="Filter by words" placeholder="Filter by words" defaultValue={filter.q ?? ''} onChange={(event) => change({ q: event.target.value || undefined })} className={join(inputLook, 'h-control')} />
      </div>
      <Select hideLabel label="Agent" className="w-36 max-sm:flex-1" value={filter.agent ?? ANY} onChange={(agent) => change({ agent: agent === ANY ? undefined : agent })} choices={[{ value: ANY, label: 'Any agent' }, ...agents.map((agent) => ({ value: agent, label: agent }))]} />
      <Select
        hideLabel
        label="Project"
        className="w-40 max-sm:flex-1"
        value={filter.project === undefined ? ANY : String(filter.project)}
        onChange={(project) => change({ project: project === ANY ? undefined : Number(project) })}
        choices={[{ value: ANY, label: 'Any project' }, ...projects.map((project) => ({ value: String(project.id), label: project.name }))]}
      />
    </div>
  )
}

function Rows({ runs }: { runs: readonly RunTold[] }) {
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const navigate = route.useNavigate()
  const virtual = useVirtualizer({ count: runs.length, getScrollElement: () => box.current, getItemKey: (index) => runs[index]!.id, estimateSize: () => 56, overscan: 8 })
  const move = (step: number) => {
    const next = Math.max(0, Math.min(runs.length - 1, at + step))
    setAt(next)
    virtual.scrollToIndex(next)
  }
  useEffect(() => setAt((now) => Math.max(0, Math.min(now, runs.length - 1))), [runs.length])
  useHotkey({ id: 'runs.next', keys: 'j', label: 'Next', group: GROUP }, () => move(1))
  useHotkey({ id: 'runs.previous', keys: 'k', label: 'Previous', group: GROUP }, () => move(-1))
  useHotkey({ id: 'runs.open', keys: 'o', label: 'Open', group: GROUP }, () => runs[at] && void navigate({ to: '/runs/$id', params: { id: runs[at].id } }))
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-y-auto">
      <ul aria-label="Runs" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <li key={key} data-index={index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${start}px)` }}>
            <Row run={runs[index]!} isCurrent={index === at} />
          </li>
        ))}
      </ul>
    </div>
  )
}

function Row({ run, isCurrent }: { run: RunTold; isCurrent: boolean }) {
  return (
    <Link to="/runs/$id" params={{ id: run.id }} className={join('flex min-h-14 items-center gap-x-4 border-b border-l-2 border-b-line px-4 py-2 outline-offset-[-2px] hover:bg-hover', isCurrent ? 'border-l-accent bg-surface' : 'border-l-transparent')}>
      <span className="w-32 shrink-0 max-sm:hidden">
        <RunState run={run} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">
          <span className="font-normal text-fg-3 tabular-nums">#{run.number}</span> {run.title}
        </span>
        <span className="flex min-w-0 items-center gap-2 text-12 text-fg-2">
          <span className="sm:hidden">
            <RunState run={run} bare />
          </span>
          <span className="shrink-0">{run.agent}</span>
          {run.branch && <code className="min-w-0 truncate max-sm:hidden">{run.branch}</code>}
          {run.state === 'failed' && run.error && <span className="min-w-0 truncate text-bad">{run.error}</span>}
        </span>
      </span>
      {run.additions !== null && (
        <span className="shrink-0 max-sm:hidden">
          <Lines additions={run.additions} deletions={run.deletions ?? 0} />
        </span>
      )}
      <span className="w-24 shrink-0 text-right text-12 text-fg-2 max-sm:w-auto">
        <span className="block">{run.started_at ? <Elapsed from={run.started_at} to={run.ended_at} /> : '—'}</span>
        <span className="block text-fg-3">
          <Time at={run.created_at} />
        </span>
      </span>
    </Link>
  )
}
