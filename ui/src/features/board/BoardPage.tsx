/** The board: four columns of cards to filter, move and open. `beside`: what stands at its right, as an open task does. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Columns3, Plus, Rows3, SearchX } from 'lucide-react'
import { lazy, Suspense, useMemo, useRef, useState } from 'react'
import { ask } from '@/api/client'
import type { CardTold, TaskStatus } from '@/api/schema'
import { Button, IconButton, Key } from '@/kit/Button'
import { useCommands } from '@/kit/commands'
import { useHotkey } from '@/kit/hotkeys'
import { Page } from '@/kit/Page'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { useMayAnywhere } from '@/nouns/may'
import { arranged } from './columns'
import { Columns } from './Columns'
import { FilterBar } from './FilterBar'
import { clean, fitting, isFiltered, type BoardSearch } from './filters'

// Its menu is opened now and then; the board does not wait for it.
const Views = lazy(() => import('./Views').then(({ Views }) => ({ default: Views })))
const NewTask = lazy(() => import('./NewTask').then(({ NewTask }) => ({ default: NewTask })))

const NO_CARDS: never[] = []

export function BoardPage() {
  const search: BoardSearch = useSearch({ from: '/_board' })
  const { key: open } = useParams({ strict: false })
  const navigate = useNavigate()
  const [creating, setCreating] = useState<TaskStatus | null>(null)
  const projects = useQuery(ask('GET /api/projects'))
  const project = projects.data?.find(({ key }) => key === search.project)
  // Asked for as a whole and filtered here: that is at once, and events keep one list current instead of many.
  const board = useQuery({ ...ask('GET /api/board', { query: project ? { project_id: [project.id] } : {} }), enabled: !search.project || projects.data !== undefined })
  const cards = board.data?.cards ?? NO_CARDS
  const before = useRef<ReturnType<typeof arranged>>(undefined)
  const all = useMemo(() => (before.current = arranged(cards, before.current)), [cards])
  const shown = useMemo(() => (isFiltered(search) ? arranged(fitting(cards, search)) : all), [cards, all, search])
  const { agents, labels } = useMemo(() => choices(cards), [cards])
  const count = Object.values(shown).reduce((sum, { length }) => sum + length, 0)

  const mayWrite = useMayAnywhere('project:write')
  const turn = (next: BoardSearch) => void navigate({ to: '.', search: next, replace: true })
  const toList = () => turn(clean({ ...search, view: search.view ? undefined : 'list' }))
  useHotkey({ id: 'board.create', keys: 'c', label: 'New task', group: 'Board', isOff: !mayWrite }, () => setCreating('todo'))
  useHotkey({ id: 'board.list', keys: 'v', label: 'Board or list', group: 'Board' }, toList)
  useCommands(`board ${search.view} ${mayWrite}`, () => [
    ...(mayWrite ? [{ id: 'board.create', label: 'New task', group: 'Board', icon: Plus, keys: 'c', run: () => setCreating('todo') }] : []),
    { id: 'board.list', label: search.view ? 'Show as board' : 'Show as list', group: 'Board', icon: Rows3, keys: 'v', run: toList },
  ])

  const create = mayWrite && (
    <Button kind="primary" icon={Plus} onPress={() => setCreating('todo')}>
      New task <Key>C</Key>
    </Button>
  )
  return (
    <Page
      title={project ? project.name : 'Board'}
      isBare
      beside={board.data && <span className="text-12 text-fg-3 tabular-nums max-sm:hidden">{count === cards.length ? `${count} tasks` : `${count} of ${cards.length} tasks`}</span>}
      actions={
        <>
          <Suspense fallback={<span className="w-control sm:w-20" />}>
            <Views search={search} onChoose={turn} />
          </Suspense>
          <IconButton name={search.view ? 'Show as board' : 'Show as list'} icon={search.view ? Columns3 : Rows3} hotkey="V" onPress={toList} />
          {mayWrite && (
            <Button kind="primary" icon={Plus} onPress={() => setCreating('todo')}>
              New task
            </Button>
          )}
        </>
      }
    >
      <FilterBar search={search} projects={projects.data ?? NO_CARDS} agents={agents} labels={labels} onChange={turn} />
      {search.project && projects.data && !project ? (
        <EmptyState icon={SearchX} action={<Button onPress={() => turn(clean({ ...search, project: undefined }))}>Show all projects</Button>}>
          There is no project {search.project}.
        </EmptyState>
      ) : board.error && !board.data ? (
        <ErrorState what="The board could not be read." error={board.error} onRetry={() => void board.refetch()} />
      ) : !board.data ? (
        <Loading />
      ) : cards.length === 0 ? (
        <EmptyState icon={Columns3} action={create}>
          No tasks yet: write down what is to be done, then give it to an agent.
        </EmptyState>
      ) : count === 0 && isFiltered(search) ? (
        <EmptyState icon={SearchX} action={<Button onPress={() => turn(clean({ project: search.project, view: search.view }))}>Clear filters</Button>}>
          None of the {cards.length} tasks meets the filter.
        </EmptyState>
      ) : (
        <Columns columns={shown} all={all} open={open} mayWrite={mayWrite} view={search.view} labels={labels} onCreate={setCreating} />
      )}
      <Suspense fallback={null}>{creating && <NewTask status={creating} project={project} onClose={() => setCreating(null)} />}</Suspense>
    </Page>
  )
}

/** What can be filtered by. Ten thousand cards are gone through whenever one of them changes: without making anything for each. */
function choices(cards: readonly CardTold[]) {
  const agents = new Set<string>()
  const labels = new Map<string, CardTold['labels'][number]>()
  for (const card of cards) {
    if (card.agent) agents.add(card.agent)
    if (card.run) agents.add(card.run.agent)
    for (const label of card.labels) labels.set(label.name, label)
  }
  return { agents: [...agents].toSorted(), labels: [...labels.values()].toSorted((a, b) => a.name.localeCompare(b.name)) }
}

function Loading() {
  return (
    <div className="min-h-0 flex-1 overflow-hidden p-3">
      <Skeleton>
        <div className="flex gap-3">
          {[5, 3, 2, 4].map((cards, column) => (
            <div key={column} className="flex flex-1 flex-col gap-2 rounded-8 bg-sunken p-2">
              {Array.from({ length: cards }, (_, card) => (
                <div key={card} className="h-[106px] rounded-8 border border-line bg-surface" />
              ))}
            </div>
          ))}
        </div>
      </Skeleton>
    </div>
  )
}
