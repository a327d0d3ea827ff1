/** The review itself: files at the side, changes in the middle, the verdict below. On a phone the files come as a sheet. */
import { getRouteApi, Link } from '@tanstack/react-router'
import { Columns2, FileSearch, Files, MessageSquarePlus, Rows2, SquareTerminal } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { FilesTold, FileTold, RemarkTold, ReviewTold, RunDetail } from '@/api/schema'
import { Button, Key } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { exact } from '@/kit/exact'
import { Switch, TextField } from '@/kit/Field'
import { Lines } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook, join } from '@/kit/look'
import { Page } from '@/kit/Page'
import { EmptyState } from '@/kit/states'
import { Visible } from '@/kit/Visible'
import { useIsWide } from '@/kit/wide'
import { RunState } from '@/nouns/RunState'
import { Changes, type ChangesHandle } from './Changes'
import { CheckList } from './CheckList'
import { FileTree } from './FileTree'
import { itemsOf } from './items'
import { told as lines, type Place } from './places'
import type { Search } from './search'
import { useActs } from './useReview'
import { VerdictBar } from './VerdictBar'

const route = getRouteApi('/runs/$id/review')

export interface ReviewProps {
  run: RunDetail
  told: FilesTold
  files: readonly FileTold[]
  /** There are no more files to come. */
  isWhole: boolean
  remarks: readonly RemarkTold[]
  standing: ReviewTold
}

export function Review({ run, told, files, isWhole, remarks, standing }: ReviewProps) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const isWide = useIsWide()
  const acts = useActs(run.id)
  const changes = useRef<ChangesHandle>(null)
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [writing, setWriting] = useState<Place | null>(null)
  const [cursor, setCursor] = useState<Place | null>(null)
  const [current, setCurrent] = useState<string | null>(null)
  const [isSheetOpen, setSheetOpen] = useState(false)

  const split = search.view === 'split' && isWide
  const look = (change: Partial<Search>) => void navigate({ search: (known) => ({ ...known, ...change }), replace: true })
  const found = useMemo(() => {
    const words = (search.find ?? '').toLowerCase().split(/\s+/)
    return files.filter((file) => words.every((word) => file.path.toLowerCase().includes(word)))
  }, [files, search.find])
  const shownRemarks = useMemo(() => (search.find || search.since ? remarks.filter((remark) => found.some((file) => file.path === remark.path)) : remarks), [remarks, found, search.find, search.since])
  const items = useMemo(() => itemsOf(found, { split, opened, remarks: shownRemarks, writing }), [found, split, opened, shownRemarks, writing])
  const comments = useMemo(() => {
    const open = remarks.filter((remark) => remark.state !== 'addressed')
    return new Map([...Map.groupBy(open, (remark) => remark.path)].map(([path, list]) => [path, list.length]))
  }, [remarks])
  const drafts = remarks.filter((remark) => remark.mine && remark.sent_at === null).length
  const viewed = search.since ? files.filter((file) => file.viewed).length : standing.viewed
  const total = search.since ? told.total : standing.files

  const toggle = (file: FileTold) => {
    setOpened((known) => new Map(known).set(file.path, file.viewed))
    acts.view.mutate({ file: file.path, viewed: !file.viewed })
  }
  const open = (path: string) => {
    setSheetOpen(false)
    look({ file: path })
    changes.current?.toFile(path)
  }
  // The file that the address names is shown once, when its page of the diff has come.
  const wanted = useRef(search.file)
  useEffect(() => {
    if (wanted.current === undefined || !files.some((file) => file.path === wanted.current)) return
    changes.current?.toFile(wanted.current)
    wanted.current = undefined
  }, [files])

  useHotkey({ id: 'review.split', keys: 'd', label: 'Side by side, or below each other', group: 'Review', isOff: !isWide }, () => look({ view: split ? undefined : 'split' }))

  const progress = (
    <div className="flex flex-col gap-1.5 p-3 pb-1">
      <div className="flex items-baseline justify-between text-12 text-fg-2">
        <span>
          {viewed} of {total} viewed
        </span>
        <Lines additions={run.additions ?? 0} deletions={run.deletions ?? 0} />
      </div>
      <div role="progressbar" aria-label="Viewed" aria-valuemin={0} aria-valuemax={total} aria-valuenow={viewed} className="h-1 overflow-hidden rounded-full bg-hover">
        <div className="h-full rounded-full bg-accent transition-[width]" style={{ width: `${total ? (100 * viewed) / total : 0}%` }} />
      </div>
      <TextField label="Filter files" hideLabel placeholder="Filter files" value={search.find ?? ''} onChange={(find) => look({ find: find || undefined })} className="mt-1" />
    </div>
  )
  const side = (
    <>
      {progress}
      <FileTree files={found} current={current} comments={comments} onOpen={open} onView={toggle} />
      {told.gone.length > 0 && (
        <p className="border-t border-line px-3 py-2 text-12 text-fg-2">
          No longer changed since then:{' '}
          {told.gone.map((path, at) => (
            <span key={path} className="font-mono">
              {at > 0 && ', '}
              <Visible text={path} />
            </span>
          ))}
        </p>
      )}
      <CheckList run={run.id} />
    </>
  )

  const since = search.since ?? (standing.last_seen !== null && standing.last_seen !== standing.head ? standing.last_seen : undefined)
  const beside = (
    <>
      <Link to="/runs/$id" params={{ id: run.id }} className="min-w-0 truncate text-fg-2 hover:text-fg hover:underline">
        #{run.number} <Visible text={run.title} />
      </Link>
      <RunState run={run} />
    </>
  )
  const actions = (
    <>
      {since !== undefined && (
        <Switch isSelected={search.since !== undefined} onChange={(on) => look({ since: on ? since : undefined })}>
          <span className="text-12">Since my last review</span>
        </Switch>
      )}
      {!isWide && (
        <Button icon={Files} onPress={() => setSheetOpen(true)}>
          Files {viewed}/{total}
        </Button>
      )}
      {isWide && (
        <div role="radiogroup" aria-label="View" className="flex rounded-6 border border-line bg-sunken p-0.5">
          <ViewChoice icon={Rows2} isOn={!split} onPress={() => look({ view: undefined })}>
            Unified
          </ViewChoice>
          <ViewChoice icon={Columns2} isOn={split} onPress={() => look({ view: 'split' })}>
            Split
          </ViewChoice>
        </div>
      )}
      <Link to="/runs/$id" params={{ id: run.id }} className={join(buttonLook('quiet', true), 'max-sm:hidden')} aria-label="To the run">
        <SquareTerminal size={16} aria-hidden />
      </Link>
    </>
  )

  return (
    <Page title="Review" beside={beside} actions={actions} isBare>
      <div className="flex min-h-0 flex-1">
        {isWide && (
          <aside aria-label="Files" className="flex w-76 shrink-0 flex-col border-r border-line bg-bg">
            {side}
          </aside>
        )}
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          {items.length ? (
            <Changes
              ref={changes}
              items={items}
              run={run.id}
              head={told.head}
              isOpen={search.since === undefined || told.head === standing.head}
              onWrite={setWriting}
              onOpen={(path, isOpen) => setOpened((known) => new Map(known).set(path, isOpen))}
              onView={toggle}
              onRest={(file, from) => acts.rest.mutate({ file, from })}
              onCurrent={setCurrent}
              onCursor={setCursor}
            />
          ) : (
            <div className="flex-1 overflow-y-auto">
              {search.find ? (
                <EmptyState icon={FileSearch} action={<Button onPress={() => look({ find: undefined })}>Show all files</Button>}>
                  No changed file has “{search.find}” in its name.
                </EmptyState>
              ) : (
                <EmptyState icon={FileSearch} action={<Button onPress={() => look({ since: undefined })}>Show all changes</Button>}>
                  Nothing is otherwise than at your last review.
                </EmptyState>
              )}
            </div>
          )}
          {!isWhole && (
            <p role="status" className="border-t border-line px-4 py-1 text-12 text-fg-3">
              Reading {files.length} of {told.total} files…
            </p>
          )}
          {isWhole && told.cut && <p className="border-t border-line bg-warn-soft px-4 py-1 text-12 text-warn">The diff is longer than what the hub keeps: files are missing at the end. All of them are on the branch.</p>}
          {cursor && !writing && (
            <div className="flex shrink-0 items-center gap-2 border-t border-line bg-sunken px-3 py-1 text-12 text-fg-2 md:px-4">
              <span className="min-w-0 flex-1 truncate" title={exact(cursor.path)}>
                <span className="font-mono">
                  <Visible text={cursor.path} />
                </span>
                , {lines(cursor)}
              </span>
              <Button kind="quiet" icon={MessageSquarePlus} onPress={() => setWriting(cursor)}>
                Comment <Key>C</Key>
              </Button>
            </div>
          )}
          <VerdictBar run={run} standing={standing} drafts={drafts} />
        </div>
      </div>
      {!isWide && (
        <Dialog title="Files" isOpen={isSheetOpen} onClose={() => setSheetOpen(false)}>
          <div className="-m-4 flex h-[calc(100%+2rem)] flex-col">{side}</div>
        </Dialog>
      )}
    </Page>
  )
}

function ViewChoice({ icon: Icon, isOn, onPress, children }: { icon: typeof Rows2; isOn: boolean; onPress(): void; children: string }) {
  return (
    <button type="button" role="radio" aria-checked={isOn} onClick={onPress} className={join('flex h-7 items-center gap-1.5 rounded-4 px-2 text-12 font-medium', isOn ? 'bg-raised text-fg shadow-[0_0_0_1px_var(--line)]' : 'text-fg-2 hover:text-fg')}>
      <Icon size={14} aria-hidden />
      {children}
    </button>
  )
}
