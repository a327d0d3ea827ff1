/**
 * What an agent asks leave for, and the ways to answer. Nothing is focused that does something, and to put it off is not to deny it.
 * With `isActive` its keys act.
 */
import { Check, Clock, FileDiff, Globe, ListChecks, ShieldQuestion, Terminal, X } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import { Button, Key } from '@/kit/Button'
import { DiffText, isDiff } from '@/kit/DiffText'
import { exact } from '@/kit/exact'
import { TextField } from '@/kit/Field'
import { span, useNow } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { join } from '@/kit/look'
import { useAnswer, waysOf, whoMay, type Question } from './questions'

const GROUP = 'A question'

export interface QuestionCardProps {
  question: Question
  mayAnswer?: boolean
  isActive?: boolean
  /** Stands above the title: where it comes from. */
  from?: ReactNode
  onLater?(): void
  className?: string
}

export function QuestionCard({ question, mayAnswer = true, isActive = false, from, onLater, className }: QuestionCardProps) {
  const ways = waysOf(question.options)
  const answer = useAnswer(question.id)
  const [isDenying, setDenying] = useState(false)
  const [reason, setReason] = useState('')
  const box = useRef<HTMLElement>(null)
  const isOff = !isActive || !mayAnswer || answer.isPending
  const give = (option: (typeof ways)['once'], text?: string) => option && answer.mutate({ option, ...(text ? { text } : {}) })
  const stopDenying = () => {
    setDenying(false)
    box.current?.focus()
  }

  useHotkey({ id: 'question.once', keys: 'a', label: 'Allow once', group: GROUP, isOff: isOff || !ways.once }, () => give(ways.once))
  useHotkey({ id: 'question.always', keys: 't', label: 'Allow for this task', group: GROUP, isOff: isOff || !ways.always }, () => give(ways.always))
  useHotkey({ id: 'question.deny', keys: 'd', label: 'Deny, with a reason', group: GROUP, isOff: isOff || !ways.deny }, () => setDenying(true))
  useHotkey({ id: 'question.later', keys: 'l', label: 'Later', group: GROUP, isOff: isOff || !onLater }, () => onLater?.())

  const hint = (keys: string) => isActive && <span aria-hidden className="max-sm:hidden pointer-coarse:hidden"><Key>{keys}</Key></span>
  return (
    <section ref={box} tabIndex={-1} aria-label={`The agent asks: ${exact(question.title)}`} className={join('rounded-8 border bg-surface outline-none', isActive ? 'border-warn' : 'border-line', className)}>
      <div className="flex flex-col gap-3 p-4">
        {from}
        <div className="flex items-start gap-2">
          <ShieldQuestion size={16} aria-hidden className="mt-0.5 shrink-0 text-warn" />
          <p className="min-w-0 flex-1 text-14 font-semibold break-words">{exact(question.title)}</p>
        </div>
        <What question={question} />
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-12 text-fg-2">
          {question.rule !== null && (
            <span className="inline-flex min-w-0 items-center gap-1 break-words">
              <ListChecks size={14} aria-hidden className="shrink-0" /> {question.rule ? <>Asked by the rule: {exact(question.rule)}</> : 'No rule decides it, so you are asked'}
            </span>
          )}
          <span>{whoMay(question.who)}</span>
          {question.deadline_at && <Deadline at={question.deadline_at} />}
        </p>
        {isDenying && ways.deny ? (
          <form
            className="flex flex-wrap items-end gap-2"
            onSubmit={(event) => {
              event.preventDefault()
              give(ways.deny, reason.trim())
            }}
            onKeyDown={(event) => event.key === 'Escape' && stopDenying()}
          >
            <TextField autoFocus label="Why not? The agent is told so." placeholder="May stay empty" value={reason} onChange={setReason} className="min-w-60 flex-1" />
            <Button onPress={stopDenying}>Back</Button>
            <Button kind="danger" type="submit" icon={X} isPending={answer.isPending}>
              Deny
            </Button>
          </form>
        ) : (
          <div className="flex flex-wrap items-center gap-2">
            {mayAnswer ? (
              <>
                {ways.once && (
                  <Button kind="primary" icon={Check} isDisabled={answer.isPending} onPress={() => give(ways.once)}>
                    Allow once {hint('A')}
                  </Button>
                )}
                {ways.always && (
                  <Button isDisabled={answer.isPending} onPress={() => give(ways.always)}>
                    Allow for this task {hint('T')}
                  </Button>
                )}
                {ways.others.map((option) => (
                  <Button key={option.id} isDisabled={answer.isPending} onPress={() => give(option)}>
                    {exact(option.label)}
                  </Button>
                ))}
                {ways.deny && (
                  <Button isDisabled={answer.isPending} onPress={() => setDenying(true)}>
                    Deny… {hint('D')}
                  </Button>
                )}
              </>
            ) : (
              <p className="text-fg-2">{whoMay(question.who)}; you may only look.</p>
            )}
            {onLater && (
              <Button kind="quiet" icon={Clock} onPress={onLater}>
                Later {hint('L')}
              </Button>
            )}
          </div>
        )}
      </div>
    </section>
  )
}

/** The very command, or the change, or the places: what is allowed is what stands here. */
function What({ question: { detail, act } }: { question: Question }) {
  if (isDiff(detail)) return <DiffText text={detail} label="The change" />
  const places = [...(act.paths ?? []), ...(act.hosts ?? [])]
  const Icon = act.command ? Terminal : act.hosts?.length ? Globe : FileDiff
  return (
    <>
      {(act.command || detail) && (
        <pre tabIndex={0} role="group" aria-label={act.command ? 'The command' : 'What would be done'} className="max-h-60 overflow-auto rounded-6 border border-line bg-sunken px-3 py-2 whitespace-pre-wrap break-all">
          {exact(act.command || detail)}
        </pre>
      )}
      {places.length > 0 && (
        <p className="flex flex-wrap items-center gap-2 text-12 text-fg-2">
          <Icon size={14} aria-hidden />
          {places.slice(0, 8).map((place) => (
            <code key={place} className="rounded-4 bg-sunken px-1 break-all">
              {exact(place)}
            </code>
          ))}
          {places.length > 8 && <span>and {places.length - 8} more</span>}
        </p>
      )}
    </>
  )
}

function Deadline({ at }: { at: string }) {
  const left = useNow((now) => (Date.parse(at) - now) / 1000)
  return (
    <span className={join('inline-flex items-center gap-1 tabular-nums', left < 60 && 'font-medium text-warn')}>
      <Clock size={14} aria-hidden /> {left > 0 ? `Answered with a no in ${span(left)}` : 'Its time is up'}
    </span>
  )
}
