/** Needs you: what agents stand still for, over all projects, answered here. To put off is not to deny. Above: the route. */
import { Link, useNavigate } from '@tanstack/react-router'
import { AlarmClock, Clock, Coffee, FileDiff, GitPullRequest, Play, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Button, IconButton, Key } from '@/kit/Button'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook, join } from '@/kit/look'
import { Page } from '@/kit/Page'
import { ErrorState, Skeleton } from '@/kit/states'
import { Badge } from '@/kit/Status'
import { toast } from '@/kit/toast'
import { useNeeds } from '@/nouns/needs'
import { QuestionCard } from '@/nouns/QuestionCard'
import { RunState } from '@/nouns/RunState'
import { FOR_GOOD, snooze, useSnoozed, wake } from '@/nouns/snoozed'
import { groupsOf, parted, type Item } from './items'

const GROUP = 'Inbox'

export function InboxPage() {
  const { needs, isPending, error, refetch } = useNeeds()
  const until = useSnoozed()
  const { shown, later } = parted(groupsOf(needs), until, Date.now())
  const items = shown.flatMap((group) => group.items)
  const [chosen, setChosen] = useState<string | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const navigate = useNavigate()
  const at = Math.max(0, items.findIndex((item) => item.id === chosen))
  const current = items[at]

  const move = (step: number) => {
    const next = items[Math.max(0, Math.min(items.length - 1, at + step))]
    if (next) setChosen(next.id)
  }
  const open = (item: Item) =>
    void (item.kind === 'pull' ? navigate({ to: '/tasks/$key', params: { key: item.pull.task_key } }) : navigate({ to: '/runs/$id', params: { id: item.kind === 'question' ? item.question.run_id : item.run.id } }))
  useEffect(() => {
    if (chosen) list.current?.querySelector('[data-current]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const isOff = items.length === 0
  useHotkey({ id: 'inbox.next', keys: 'j', label: 'Next', group: GROUP, isOff }, () => move(1))
  useHotkey({ id: 'inbox.previous', keys: 'k', label: 'Previous', group: GROUP, isOff }, () => move(-1))
  useHotkey({ id: 'inbox.open', keys: 'o', label: 'Open', group: GROUP, isOff }, () => current && open(current))
  useHotkey({ id: 'inbox.later', keys: 'l', label: 'Later', group: GROUP, isOff: isOff || current?.kind === 'question' }, () => current && putOff(current))

  return (
    <Page title="Inbox" beside={items.length > 0 && <Badge tone="warn">{items.length}</Badge>} actions={items.length > 1 && <p className="flex items-center gap-1 text-12 text-fg-3 max-sm:hidden pointer-coarse:hidden"><Key>J</Key><Key>K</Key> move <Key>O</Key> open</p>}>
      {error ? (
        <ErrorState what="The inbox could not be read." error={error} onRetry={refetch} />
      ) : isPending ? (
        <Skeleton rows={5} />
      ) : (
        <div ref={list} className="mx-auto flex max-w-[52rem] flex-col gap-6">
          {items.length === 0 && <Nothing isLater={later.length > 0} />}
          {shown.map((group) => (
            <section key={group.title} aria-label={group.title}>
              <h2 className="mb-2 flex items-center gap-2 text-12 text-fg-3">
                {group.title} <span className="tabular-nums">{group.items.length}</span>
              </h2>
              <ul className="flex flex-col gap-2">
                {group.items.map((item) => (
                  <li key={item.id} data-current={item === current || undefined} onFocus={() => setChosen(item.id)}>
                    {item.kind === 'question' ? (
                      <QuestionCard question={item.question} from={<From item={item.question} />} mayAnswer={item.question.may_answer} isActive={item === current} onLater={() => putOff(item)} />
                    ) : item.kind === 'pull' ? (
                      <PullRow item={item} isCurrent={item === current} />
                    ) : (
                      <Row item={item} isCurrent={item === current} />
                    )}
                  </li>
                ))}
              </ul>
            </section>
          ))}
          {later.length > 0 && (
            <div className="flex min-h-control items-center gap-2 text-fg-2">
              <AlarmClock size={16} aria-hidden className="text-fg-3" />
              <span className="flex-1">{later.length} put off, still waiting for you.</span>
              <Button kind="quiet" onPress={() => wake(...later.map((item) => item.id))}>
                Show
              </Button>
            </div>
          )}
        </div>
      )}
    </Page>
  )
}

function putOff(item: Item): void {
  const isNews = item.kind === 'failed'
  snooze(item.id, ...(isNews ? [FOR_GOOD] : []))
  toast(isNews ? 'Dismissed' : 'Put off for an hour', { undo: () => wake(item.id) })
}

function From({ item }: { item: Extract<Item, { kind: 'question' }>['question'] }) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-12 text-fg-2">
      <Link to="/runs/$id" params={{ id: item.run_id }} className="min-w-0 truncate font-medium text-accent-text hover:underline">
        #{item.run_number} {item.run_title}
      </Link>
      {item.task_key && <span>{item.task_key}</span>}
      <span>{item.agent}</span>
      <span className="text-fg-3">
        <Time at={item.asked_at} />
      </span>
    </p>
  )
}

/** What an agent could not mend, or must not. */
function PullRow({ item, isCurrent }: { item: Extract<Item, { kind: 'pull' }>; isCurrent: boolean }) {
  const { pull } = item
  return (
    <div className={rowLook(isCurrent)}>
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2">
          <GitPullRequest size={16} aria-hidden className="text-warn" />
          <Link to="/tasks/$key" params={{ key: pull.task_key }} className="min-w-0 truncate font-medium hover:underline">
            {pull.task_key} {pull.task_title}
          </Link>
        </p>
        <p className="flex min-w-0 flex-wrap gap-x-2 text-12 text-fg-2">
          {pull.number !== null && <span className="shrink-0">#{pull.number}</span>}
          <span className="shrink-0 text-fg-3">
            <Time at={pull.since} />
          </span>
          <span className="min-w-0 break-words">{pull.why}</span>
        </p>
      </div>
      <Link to="/tasks/$key" params={{ key: pull.task_key }} className={buttonLook('plain')}>
        Open
      </Link>
      <IconButton name="Later" icon={Clock} hotkey="L" onPress={() => putOff(item)} />
    </div>
  )
}

const rowLook = (isCurrent: boolean) => join('flex flex-wrap items-center gap-3 rounded-8 border bg-surface py-2 pr-2 pl-4', isCurrent ? 'border-line-strong' : 'border-line')

function Row({ item, isCurrent }: { item: Exclude<Item, { kind: 'question' | 'pull' }>; isCurrent: boolean }) {
  const { run, kind } = item
  return (
    <div className={rowLook(isCurrent)}>
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2">
          <RunState run={run} bare />
          <Link to="/runs/$id" params={{ id: run.id }} className="min-w-0 truncate font-medium hover:underline">
            #{run.number} {run.title}
          </Link>
        </p>
        <p className="flex min-w-0 gap-2 text-12 text-fg-2">
          <span className="shrink-0">{run.agent}</span>
          <span className="shrink-0 text-fg-3">
            <Time at={run.ended_at ?? run.started_at ?? run.created_at} />
          </span>
          {kind === 'failed' && run.error && <span className="min-w-0 truncate">{run.error}</span>}
        </p>
      </div>
      {kind === 'review' ? (
        <Link to="/runs/$id/review" params={{ id: run.id }} className={buttonLook('plain')}>
          <FileDiff size={16} aria-hidden /> Review
        </Link>
      ) : (
        <Link to="/runs/$id" params={{ id: run.id }} className={buttonLook('plain')}>
          <Play size={16} aria-hidden /> {kind === 'money' ? 'Resume' : 'Open'}
        </Link>
      )}
      <IconButton name={kind === 'failed' ? 'Dismiss' : 'Later'} icon={kind === 'failed' ? X : Clock} hotkey="L" onPress={() => putOff(item)} />
    </div>
  )
}

function Nothing({ isLater }: { isLater: boolean }) {
  return (
    <div className="flex flex-col items-center gap-4 px-4 pt-20 pb-8 text-center">
      <span className="flex size-16 items-center justify-center rounded-full bg-ok-soft text-ok">
        <Coffee size={28} aria-hidden />
      </span>
      <div>
        <h2 className="text-16">{isLater ? 'Nothing else needs you' : 'Nothing needs you'}</h2>
        <p className="mt-1 max-w-80 text-fg-2">Agents that ask, results to review, budgets used up and pull requests to mend will stand here, the moment they do.</p>
      </div>
      <Link to="/runs" className={buttonLook()}>
        See what is running <span className="flex gap-1 pointer-coarse:hidden"><Key>G</Key><Key>R</Key></span>
      </Link>
    </div>
  )
}
