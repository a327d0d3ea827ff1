/** What happened to the task and what was said, oldest above; below it, what you have to say. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import type { ActivityEntry, CommentTold, TaskTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { Markdown } from '@/kit/Markdown'
import { ErrorState, Skeleton } from '@/kit/states'
import { toastError } from '@/kit/toast'
import { MayNot } from '@/nouns/MayNot'
import { useMay } from '@/nouns/may'
import { Section } from './Section'
import { Writing } from './Writing'

const TEXT_AT_MOST = 20_000
const ACTIVITY = 'GET /api/tasks/{task_id}/activity'
const COMMENTS = 'GET /api/tasks/{task_id}/comments'

export function Activity({ task }: { task: TaskTold }) {
  const path = { task_id: task.id }
  const history = useInfiniteQuery({
    queryKey: [ACTIVITY, path],
    queryFn: ({ pageParam, signal }) => call(ACTIVITY, { path, query: { before: pageParam }, signal }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  })
  const entries = history.data?.pages.flatMap((page) => page.entries).toReversed()
  return (
    <Section title="Activity">
      {history.hasNextPage && (
        <Button kind="quiet" className="self-start" isDisabled={history.isFetchingNextPage} onPress={() => void history.fetchNextPage()}>
          Show what was before
        </Button>
      )}
      {!entries && (history.error ? <ErrorState what="What happened could not be read." error={history.error} onRetry={() => void history.refetch()} /> : <Skeleton rows={3} />)}
      <ol className="flex flex-col gap-3">{entries?.map((entry) => <li key={entry.seq}>{entry.comment ? <Comment comment={entry.comment} /> : <Happened entry={entry} />}</li>)}</ol>
      {useMay('project:write', task.project_id) ? <NewComment task={task} /> : <MayNot>You may read what is said here, and not answer.</MayNot>}
    </Section>
  )
}

function Happened({ entry: { actor, text, run, at } }: { entry: ActivityEntry }) {
  return (
    <p className="flex items-baseline gap-2 pl-3 text-12 text-fg-2">
      <span aria-hidden className="size-1.5 shrink-0 -translate-y-px rounded-full bg-line-strong" />
      <span className="min-w-0 break-words">
        <span className="font-medium">{actor}</span> {text}{' '}
        {run && (
          <Link to="/runs/$id" params={{ id: run.id }} className="text-accent-text hover:underline">
            #{run.number}
          </Link>
        )}
      </span>
      <span className="text-fg-3">
        <Time at={at} />
      </span>
    </p>
  )
}

function useAgain() {
  const client = useQueryClient()
  return () => Promise.all([ACTIVITY, COMMENTS].map((operation) => client.invalidateQueries({ queryKey: [operation] })))
}

function Comment({ comment }: { comment: CommentTold }) {
  const again = useAgain()
  const [draft, setDraft] = useState<string | null>(null)
  const [isDeleting, setDeleting] = useState(false)
  const path = { comment_id: comment.id }
  const change = useMutation({
    mutationFn: (text: string) => call('PATCH /api/comments/{comment_id}', { path, body: { text } }),
    onSuccess: () => (setDraft(null), again()),
    onError: toastError,
  })
  const drop = useMutation({ mutationFn: () => call('DELETE /api/comments/{comment_id}', { path }), onSuccess: again, onError: toastError })
  return (
    <article aria-label={`Comment by ${comment.author}`} className="group rounded-8 border border-line">
      <header className="flex min-h-9 items-center gap-2 border-b border-line pr-1 pl-3 text-12 text-fg-3">
        <span className="font-medium text-fg">{comment.author}</span>
        <Time at={comment.created_at} />
        {comment.edited_at && <span>edited</span>}
        <span className="ml-auto flex opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
          {comment.may_change && <IconButton name="Edit the comment" icon={Pencil} onPress={() => setDraft(comment.text)} />}
          {comment.may_delete && <IconButton name="Delete the comment" icon={Trash2} onPress={() => setDeleting(true)} />}
        </span>
      </header>
      <div className="px-3 py-2">
        {draft === null ? (
          <Markdown text={comment.text} />
        ) : (
          <Writing label="Comment" verb="Save" autoFocus text={draft} atMost={TEXT_AT_MOST} isBusy={change.isPending} onChange={setDraft} onKeep={() => draft.trim() && change.mutate(draft.trim())} onLeave={() => setDraft(null)} />
        )}
      </div>
      <Confirm title="Delete the comment?" verb="Delete comment" isOpen={isDeleting} onClose={() => setDeleting(false)} onConfirm={() => drop.mutate()}>
        Agents that are asked from now on are not told of it.
      </Confirm>
    </article>
  )
}

function NewComment({ task }: { task: TaskTold }) {
  const again = useAgain()
  const place = `clawlink.comment.${task.id}`
  // Kept over a change of page, so that looking something up loses nothing.
  const [text, setText] = useState(() => sessionStorage.getItem(place) ?? '')
  const write = (next: string) => {
    setText(next)
    if (next) sessionStorage.setItem(place, next)
    else sessionStorage.removeItem(place)
  }
  const add = useMutation({
    mutationFn: () => call('POST /api/tasks/{task_id}/comments', { path: { task_id: task.id }, body: { text: text.trim() } }),
    onSuccess: () => (write(''), again()),
    onError: toastError,
  })
  return <Writing label="New comment" verb="Comment" placeholder="What agents and people should know" text={text} atMost={TEXT_AT_MOST} isBusy={add.isPending} onChange={write} onKeep={() => text.trim() && add.mutate()} />
}
