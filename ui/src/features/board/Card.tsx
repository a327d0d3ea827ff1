/** One card. Drawn anew only when it is itself another: thousands stand in a column, some dozens are mounted. */
import { Link } from '@tanstack/react-router'
import { Bot, Ellipsis, ListTree, MessageSquare, OctagonX, Paperclip } from 'lucide-react'
import { lazy, memo, Suspense } from 'react'
import type { CardTold } from '@/api/schema'
import { join } from '@/kit/look'
import { Label } from '@/nouns/Label'
import { Person } from '@/nouns/Person'
import { RunState } from '@/nouns/RunState'
import { PRIORITY } from '@/nouns/TaskStatus'
import { Status } from '@/kit/Status'
import { useIsMoving } from './drag'

const External = lazy(() => import('@/nouns/External'))
const PullMark = lazy(() => import('@/nouns/pulls/PullMark'))

export const CARD_PX = 106

/** Of labels beside each other, so that each can be read. */
const LETTERS_SHOWN = 20

export interface CardProps {
  card: CardTold
  isActive: boolean
  isSelected: boolean
  isSelecting: boolean
  isOpen: boolean
  onSelect(id: number, range: boolean): void
  onMenu(card: CardTold, anchor: Element): void
}

export const Card = memo(function Card({ card, isActive, isSelected, isSelecting, isOpen, onSelect, onMenu }: CardProps) {
  const isMoving = useIsMoving(card.id)
  return (
    <article
      data-card={card.id}
      className={join(
        'group/card relative flex h-[106px] flex-col rounded-8 border bg-surface px-3 py-2 transition-colors',
        'has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-accent',
        isSelected ? 'border-accent bg-accent-soft' : isOpen ? 'border-accent' : 'border-line hover:border-line-strong',
        isMoving && 'opacity-40',
      )}
    >
      <div className="flex h-5 items-center gap-1.5 text-12 text-fg-3">
        <PriorityMark priority={card.priority} />
        <span className="truncate font-medium tabular-nums">{card.key}</span>
        {card.external && (
          <Suspense fallback={null}>
            <External short external={card.external} />
          </Suspense>
        )}
        <span className="ml-auto flex min-w-0 items-center gap-1.5">
          <Standing card={card} />
        </span>
        <span className={join('z-1 flex items-center', isSelecting ? '' : 'pointer-fine:not-group-hover/card:not-group-focus-within/card:hidden')}>
          <button
            type="button"
            tabIndex={-1}
            aria-label={`More for ${card.key}`}
            aria-haspopup="menu"
            className="-my-1 -mr-1.5 flex size-6 items-center justify-center rounded-4 text-fg-2 hover:bg-hover pointer-coarse:-my-3 pointer-coarse:-mr-3 pointer-coarse:size-11"
            onClick={(event) => onMenu(card, event.currentTarget)}
          >
            <Ellipsis size={16} aria-hidden />
          </button>
        </span>
      </div>
      <Link
        to="/tasks/$key"
        params={{ key: card.key }}
        search={true}
        draggable={false}
        tabIndex={isActive ? 0 : -1}
        aria-describedby="board-keys"
        className="mt-0.5 line-clamp-2 h-10 font-medium break-words outline-none after:absolute after:inset-0 after:rounded-8"
        onClick={(event) => {
          if (!isSelecting && !event.shiftKey && !event.metaKey && !event.ctrlKey) return
          event.preventDefault()
          onSelect(card.id, event.shiftKey)
        }}
      >
        {card.title}
      </Link>
      <div className="mt-auto flex h-5 min-w-0 items-center gap-2 text-12 text-fg-3">
        <Labels labels={card.labels} />
        <span className="ml-auto flex shrink-0 items-center gap-2 tabular-nums">
          {card.total > 0 && (
            <Count icon={ListTree} says={`${card.done} of ${card.total} sub-tasks are done`}>
              {card.done}/{card.total}
            </Count>
          )}
          {card.comments > 0 && (
            <Count icon={MessageSquare} says={`${card.comments} comments`}>
              {card.comments}
            </Count>
          )}
          {card.attachments > 0 && (
            <Count icon={Paperclip} says={`${card.attachments} attachments`}>
              {card.attachments}
            </Count>
          )}
          {card.pr_number !== null && (
            <Suspense fallback={`#${card.pr_number}`}>
              <PullMark number={card.pr_number} pull={card.pull} />
            </Suspense>
          )}
          {(card.run?.agent ?? card.agent) && (
            <Count icon={Bot} says="Agent">
              <span className="max-w-20 truncate">{card.run?.agent ?? card.agent}</span>
            </Count>
          )}
          {card.assignee && <Person name={card.assignee} />}
        </span>
      </div>
    </article>
  )
})

/** What is most worth knowing: a run at work or in trouble, else that the task is held up. */
function Standing({ card }: { card: CardTold }) {
  if (card.run && card.run.state !== 'completed' && card.run.state !== 'cancelled') return <RunState bare run={standingOf(card.run)} />
  if (card.status === 'blocked' || card.blocked > 0)
    return (
      <Status bare icon={OctagonX} tone="bad" title={card.blocked ? `Waits for ${card.blocked} tasks` : undefined}>
        Blocked
      </Status>
    )
  return null
}

export const standingOf = (run: NonNullable<CardTold['run']>): Parameters<typeof RunState>[0]['run'] => ({
  state: run.state,
  wait: run.wait_reason ? { reason: run.wait_reason, who: run.wait_who ?? '', until: null } : null,
})

function PriorityMark({ priority }: { priority: CardTold['priority'] }) {
  const { icon: Icon, label } = PRIORITY[priority]
  const tone = priority === 'critical' ? 'text-bad' : priority === 'high' ? 'text-warn' : 'text-fg-3'
  return (
    <span title={`${label} priority`} className={join('inline-flex', tone)}>
      <Icon size={14} aria-hidden />
      <span className="sr-only">{label} priority</span>
    </span>
  )
}

function Labels({ labels }: { labels: CardTold['labels'] }) {
  let letters = 0
  const shown = labels.filter(({ name }, at) => (letters += name.length + 4) <= LETTERS_SHOWN || at === 0)
  return (
    <span className="flex min-w-0 items-center gap-1">
      {shown.map((one) => (
        <Label key={one.name} {...one} />
      ))}
      {labels.length > shown.length && <span title={labels.slice(shown.length).map(({ name }) => name).join(', ')}>+{labels.length - shown.length}</span>}
    </span>
  )
}

function Count({ icon: Icon, says, children }: { icon: typeof Bot; says: string; children: React.ReactNode }) {
  return (
    <span title={says} className="inline-flex min-w-0 items-center gap-1">
      <Icon size={14} aria-hidden className="shrink-0" />
      <span className="sr-only">{says}: </span>
      {children}
    </span>
  )
}
