/** Comments on lines: one as it stands, and the place where one is written or changed. */
import { useMutation } from '@tanstack/react-query'
import { CircleCheck, CircleDashed, CircleSlash, MessageSquare, Pencil, SendHorizontal, Trash2, type LucideIcon } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import type { RemarkTold } from '@/api/schema'
import { Button, IconButton, Key } from '@/kit/Button'
import { TextArea } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { written } from '@/kit/hotkeys'
import { Markdown } from '@/kit/Markdown'
import { Status, type Tone } from '@/kit/Status'
import { Visible } from '@/kit/Visible'
import { Code } from '@/nouns/diff/Code'
import { told, type Place } from './places'
import { useActs } from './useReview'

const STATES: Record<RemarkTold['state'], { icon: LucideIcon; tone: Tone; label: string; why: string }> = {
  draft: { icon: CircleDashed, tone: 'plain', label: 'Draft', why: 'Only you see it until it is sent.' },
  sent: { icon: SendHorizontal, tone: 'info', label: 'Sent', why: 'The agent has it; these lines are still as they were.' },
  addressed: { icon: CircleCheck, tone: 'ok', label: 'Addressed', why: 'The agent has changed these lines since.' },
  stale: { icon: CircleSlash, tone: 'warn', label: 'Outdated', why: 'These lines changed before it was sent. It can still be sent, with the lines as they were.' },
}
const SNIPPET_LINES = 6

export function RemarkCard({ run, remark, isLoose }: { run: string; remark: RemarkTold; isLoose: boolean }) {
  const { edit, remove } = useActs(run)
  const [isEditing, setEditing] = useState(false)
  const { icon, tone, label, why } = STATES[remark.state]
  const where = told(remark)
  const mayChange = remark.mine && remark.sent_at === null
  return (
    <article aria-label={`Comment on ${where}`} className="mx-2 my-2 max-w-180 rounded-8 border border-line bg-raised md:mx-4">
      <header className="flex min-h-10 flex-wrap items-center gap-x-2 gap-y-1 py-1 pr-1 pl-3 text-12 text-fg-3">
        <MessageSquare size={14} aria-hidden />
        <span className="font-medium text-fg">{remark.author}</span>
        <Time at={remark.created_at} />
        <span>on {where}</span>
        <span className="ml-auto flex items-center gap-1">
          <Status icon={icon} tone={tone} title={why}>
            {label}
          </Status>
          {mayChange && !isEditing && (
            <>
              <IconButton name="Change the comment" icon={Pencil} onPress={() => setEditing(true)} />
              <IconButton name="Delete the comment" icon={Trash2} isDisabled={remove.isPending} onPress={() => remove.mutate(remark.id)} />
            </>
          )}
        </span>
      </header>
      {isLoose && <Snippet remark={remark} />}
      {isEditing ? (
        <Words
          label={`Comment on ${where}`}
          verb="Save"
          start={remark.text}
          onSave={(text) => edit.mutateAsync({ id: remark.id, text })}
          onDone={() => setEditing(false)}
        />
      ) : (
        <Markdown text={remark.text} className="px-3 pb-3" />
      )}
    </article>
  )
}

/** The lines as they were when the comment was made. */
function Snippet({ remark }: { remark: RemarkTold }) {
  const lines = remark.snippet.split('\n')
  return (
    <figure className="mx-3 mb-2 overflow-hidden rounded-6 border border-line">
      <figcaption className="truncate border-b border-line bg-sunken px-2 py-1 font-mono text-12 text-fg-2">
        <Visible text={`${remark.path}:${remark.first}`} />
      </figcaption>
      <pre className="px-2 py-1 leading-5 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {lines.slice(0, SNIPPET_LINES).map((line, at) => (
          <div key={at}>{line ? <Code path={remark.path} text={line} /> : ' '}</div>
        ))}
        {lines.length > SNIPPET_LINES && <div className="text-fg-3">… {lines.length - SNIPPET_LINES} more</div>}
      </pre>
    </figure>
  )
}

export function Composer({ run, head, place, onDone }: { run: string; head: string; place: Place; onDone(): void }) {
  const { comment } = useActs(run)
  return (
    <div className="mx-2 my-2 max-w-180 rounded-8 border border-accent bg-raised pt-3 md:mx-4">
      <Words label={`Comment on ${told(place)}`} verb="Add comment" start="" onSave={(text) => comment.mutateAsync({ place, text, head })} onDone={onDone} />
    </div>
  )
}

interface WordsProps {
  label: string
  verb: string
  start: string
  onSave(text: string): Promise<unknown>
  onDone(): void
}

function Words({ label, verb, start, onSave, onDone }: WordsProps) {
  const [text, setText] = useState(start)
  const saving = useMutation({ mutationFn: onSave, onSuccess: onDone })
  const save = () => {
    if (text.trim() && !saving.isPending) saving.mutate(text)
  }
  // Words are never thrown away by a key alone.
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) save()
    else if (event.key === 'Escape' && text === start) onDone()
  }
  return (
    <div className="px-3 pb-3" onKeyDown={onKeyDown} role="presentation">
      <TextArea autoFocus label={label} value={text} onChange={setText} rows={3} placeholder="What should be otherwise?" error={saving.error?.message} />
      <div className="mt-2 flex flex-wrap items-center justify-end gap-2">
        <span className="mr-auto flex items-center gap-1 text-12 text-fg-3 max-md:hidden">
          {written('mod+enter').map((key) => (
            <Key key={key}>{key}</Key>
          ))}
          saves it as a draft
        </span>
        <Button onPress={onDone}>Cancel</Button>
        <Button kind="primary" isDisabled={!text.trim() || saving.isPending} onPress={save}>
          {verb}
        </Button>
      </div>
    </div>
  )
}
