/** Two results beside each other: which files are alike, which are not, and both versions of the one that is opened. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowLeftToLine, ArrowRightToLine, CircleHelp, Equal, FileDiff, Scale, type LucideIcon } from 'lucide-react'
import { useMemo } from 'react'
import { call, keyOf } from '@/api/client'
import type { ContestantTold, FileTold } from '@/api/schema'
import { exact } from '@/kit/exact'
import { Select } from '@/kit/Field'
import { Lines } from '@/kit/figures'
import { join } from '@/kit/look'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Status, type Tone } from '@/kit/Status'
import { Visible } from '@/kit/Visible'
import { DiffList } from '@/nouns/diff/DiffList'
import { nameOf } from './Contender'
import { pairs, type How, type Pair } from './sides'

const route = getRouteApi('/comparisons/$id')

export function Differences({ runs }: { runs: readonly ContestantTold[] }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const told = runs.filter((run) => run.head !== null)
  const left = told.find((run) => run.run === search.left) ?? told.find((run) => run.run !== search.right)
  const right = told.find((run) => run.run === search.right && run !== left) ?? told.find((run) => run !== left)
  const look = (change: typeof search) => void navigate({ search: (known) => ({ ...known, ...change }), replace: true })
  return (
    <section aria-labelledby="differences" className="flex flex-col gap-3">
      <h2 id="differences" className="text-14 font-semibold">
        What sets them apart
      </h2>
      {left && right ? (
        <>
          <div className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] items-end gap-2 sm:max-w-160">
            <Side label="Left" value={left} runs={told} onChange={(run) => look(run === right.run ? { left: run, right: left.run } : { left: run, right: right.run })} />
            <Scale size={16} aria-hidden className="mb-2 text-fg-3" />
            <Side label="Right" value={right} runs={told} onChange={(run) => look(run === left.run ? { left: right.run, right: run } : { left: left.run, right: run })} />
          </div>
          <Beside left={left} right={right} file={search.file} onFile={(file) => look({ left: left.run, right: right.run, file })} />
        </>
      ) : (
        <div className="rounded-8 border border-line bg-surface">
          <EmptyState icon={Scale}>As soon as two of them have a result, both can be seen here beside each other.</EmptyState>
        </div>
      )}
    </section>
  )
}

function Side({ label, value, runs, onChange }: { label: string; value: ContestantTold; runs: readonly ContestantTold[]; onChange(run: string): void }) {
  return <Select label={label} value={value.run} onChange={onChange} choices={runs.map((run) => ({ value: run.run, label: nameOf(run) }))} />
}

/** All files of a result, over as many answers as it takes. */
const filesOf = (run: ContestantTold) =>
  queryOptions({
    queryKey: [...keyOf('GET /api/runs/{run_id}/files', { path: { run_id: run.run } }), 'all', run.head],
    queryFn: async ({ signal }) => {
      const files: FileTold[] = []
      for (let after: number | null = 0; after !== null; ) {
        const page: Awaited<ReturnType<typeof read>> = await read(run.run, after, signal)
        files.push(...page.files)
        after = page.next
      }
      return files
    },
  })

const read = (run: string, after: number, signal: AbortSignal) => call('GET /api/runs/{run_id}/files', { path: { run_id: run }, query: { after }, signal })

const HOW: Record<How, { icon: LucideIcon; tone: Tone; label(left: string, right: string): string }> = {
  different: { icon: FileDiff, tone: 'warn', label: () => 'Different' },
  left: { icon: ArrowLeftToLine, tone: 'info', label: (left) => `Only in ${left}` },
  right: { icon: ArrowRightToLine, tone: 'run', label: (_, right) => `Only in ${right}` },
  unknown: { icon: CircleHelp, tone: 'plain', label: () => 'Cannot be told' },
  alike: { icon: Equal, tone: 'plain', label: () => 'Alike' },
}

function Beside({ left, right, file, onFile }: { left: ContestantTold; right: ContestantTold; file: string | undefined; onFile(path: string): void }) {
  const lefts = useQuery(filesOf(left))
  const rights = useQuery(filesOf(right))
  const found = useMemo(() => pairs(lefts.data ?? [], rights.data ?? []), [lefts.data, rights.data])
  const failed = [lefts, rights].find((query) => query.error && query.data === undefined)
  if (failed) return <ErrorState what="The changes could not be read." error={failed.error!} onRetry={() => void failed.refetch()} />
  if (!lefts.data || !rights.data) return <Skeleton rows={6} />
  const shown = found.find((pair) => pair.path === file) ?? found[0]
  if (!shown)
    return (
      <div className="rounded-8 border border-line bg-surface">
        <EmptyState icon={Equal}>Neither of the two has changed a file.</EmptyState>
      </div>
    )
  const counts = Map.groupBy(found, (pair) => pair.how)
  const names = [left.agent === right.agent ? 'the left' : left.agent, left.agent === right.agent ? 'the right' : right.agent] as const
  return (
    <div className="grid gap-4 lg:grid-cols-[19rem_minmax(0,1fr)]">
      <div className="flex flex-col gap-2">
        <p className="flex flex-wrap gap-x-3 gap-y-1 text-12 text-fg-2">
          {[...counts].map(([how, list]) => (
            <span key={how}>
              {list.length} {HOW[how].label(...names).toLowerCase()}
            </span>
          ))}
        </p>
        <ul aria-label="Files of both" className="max-h-[70dvh] overflow-y-auto rounded-8 border border-line bg-surface p-1 max-lg:max-h-60">
          {found.map((pair) => (
            <PairRow key={pair.path} pair={pair} names={names} isHere={pair === shown} onOpen={() => onFile(pair.path)} />
          ))}
        </ul>
      </div>
      <div className="grid min-w-0 content-start gap-4 xl:grid-cols-2">
        <Version run={left} file={shown.left} path={shown.path} />
        <Version run={right} file={shown.right} path={shown.path} />
      </div>
    </div>
  )
}

function PairRow({ pair, names, isHere, onOpen }: { pair: Pair; names: readonly [string, string]; isHere: boolean; onOpen(): void }) {
  const { icon, tone, label } = HOW[pair.how]
  return (
    <li>
      <button type="button" aria-current={isHere || undefined} onClick={onOpen} className={join('flex w-full flex-col items-start rounded-6 px-2 py-1 text-left pointer-coarse:min-h-11', isHere ? 'bg-accent-soft' : 'hover:bg-hover')}>
        <span className="max-w-full truncate font-mono text-12" title={exact(pair.path)}>
          <Visible text={pair.path} />
        </span>
        <Status icon={icon} tone={tone} bare>
          {label(...names)}
        </Status>
      </button>
    </li>
  )
}

function Version({ run, file, path }: { run: ContestantTold; file: FileTold | null; path: string }) {
  return (
    <figure className="min-w-0 self-start overflow-hidden rounded-8 border border-line bg-surface">
      <figcaption className="flex min-h-10 items-center gap-2 border-b border-line bg-raised px-3">
        <span className="min-w-0 flex-1 truncate font-medium">{nameOf(run)}</span>
        {file && file.additions + file.deletions > 0 && <Lines additions={file.additions} deletions={file.deletions} />}
      </figcaption>
      {file ? <DiffList key={path} file={file} label={`Changes of ${nameOf(run)} in ${exact(path)}`} /> : <p className="px-4 py-8 text-center text-fg-2">This one leaves the file as it was.</p>}
    </figure>
  )
}
