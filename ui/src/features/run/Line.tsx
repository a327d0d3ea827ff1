/** One line of the timeline, by its kind. Above: Timeline. */
import { Bot, Brain, CircleCheck, CircleX, FlagTriangleRight, Hand, ListTodo, LoaderCircle, Lock, MessageCircleQuestion, ScrollText, SquareCheck, SquareTerminal, User, type LucideIcon } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { Ansi } from '@/kit/Ansi'
import { exact } from '@/kit/exact'
import { join } from '@/kit/look'
import { Markdown } from '@/kit/Markdown'
import { Status, type Tone } from '@/kit/Status'
import type { Asked, Checked, Entry } from './entries'
import { Fold, LongText } from './Fold'
import { useStop } from './stop'
import { ToolLine } from './ToolLine'
import { compact } from './words'

export interface LineProps {
  entry: Entry
  isOpen: boolean
  onOpen(key: number, isOpen: boolean): void
}

export const Line = memo(function Line({ entry, isOpen, onOpen }: LineProps) {
  const open = (next: boolean) => onOpen(entry.key, next)
  switch (entry.kind) {
    case 'prompt':
      return (
        <Said icon={entry.number === null ? Bot : User} by={entry.number === null ? 'The node tells the agent' : (entry.by ?? 'You')} own>
          <LongMarkdown text={entry.text} isOpen={isOpen} onOpen={open} />
        </Said>
      )
    case 'message':
      return (
        <Said icon={Bot} by="Agent">
          <LongMarkdown text={entry.text} isOpen={isOpen} onOpen={open} />
        </Said>
      )
    case 'result':
      return (
        <Said icon={FlagTriangleRight} by="Result">
          <LongMarkdown text={entry.text} isOpen={isOpen} onOpen={open} />
        </Said>
      )
    case 'thought':
      return (
        <Fold icon={Brain} tone="plain" title="Thought" beside={isOpen ? '' : entry.text} isOpen={isOpen} onOpen={open}>
          <Markdown text={entry.text} className="text-fg-2" />
        </Fold>
      )
    case 'log':
      return (
        <Fold icon={ScrollText} tone="plain" title="The agent's program wrote" beside={isOpen ? '' : entry.text} isOpen={isOpen} onOpen={open}>
          <Ansi text={entry.text} className="max-h-96 overflow-y-auto" />
        </Fold>
      )
    case 'tool':
      return <ToolLine tool={entry} isOpen={isOpen} onOpen={open} />
    case 'plan':
      return <Plan steps={entry.steps} isOpen={isOpen} onOpen={open} />
    case 'question':
      return <Question asked={entry} isOpen={isOpen} onOpen={open} />
    case 'decided':
      return (
        <p className="flex min-w-0 items-center gap-2 px-2 py-1 text-12 text-fg-2">
          {entry.effect === 'deny' ? <Lock size={14} aria-hidden className="shrink-0 text-bad" /> : <SquareCheck size={14} aria-hidden className="shrink-0 text-ok" />}
          <span className="shrink-0 font-medium">{entry.effect === 'deny' ? 'Denied' : 'Allowed'}</span>
          <code className="min-w-0 truncate">{exact(compact(entry.act) || entry.title)}</code>
          <span className="min-w-0 truncate text-fg-3" title={entry.rule ?? undefined}>
            by {entry.rule ? `rule ${exact(entry.rule)}` : "the agent's mode"}
          </span>
        </p>
      )
    case 'check':
      return <Check check={entry} isOpen={isOpen} onOpen={open} />
    case 'border':
      return (
        <div className="flex items-center gap-3 py-2 text-12 text-fg-3">
          <span className="h-px w-4 bg-line" />
          <span className="font-medium text-fg-2">{entry.text}</span>
          <span className="min-w-0 truncate">{exact(entry.detail)}</span>
          <span className="h-px flex-1 bg-line" />
        </div>
      )
    case 'note':
      return (
        <p className="flex min-w-0 items-baseline gap-2 px-2 py-1">
          <span className={join('size-2 shrink-0 rounded-full', DOTS[entry.tone])} aria-hidden />
          <span className="min-w-0 break-words">
            <span className="font-medium">{exact(entry.text)}</span>
            {entry.detail && <span className="ml-2 text-fg-2">{exact(entry.detail)}</span>}
          </span>
        </p>
      )
  }
})

export const DOTS: Record<Tone, string> = { plain: 'bg-line-strong', ok: 'bg-ok', warn: 'bg-warn', bad: 'bg-bad', info: 'bg-info', run: 'bg-run', accent: 'bg-accent' }

export function Said({ icon: Icon, by, own = false, children }: { icon: LucideIcon; by: string; own?: boolean; children: ReactNode }) {
  return (
    <div className={join('flex gap-3 rounded-8 px-2 py-2', own && 'border border-line bg-surface')}>
      <Icon size={16} aria-hidden className={join('mt-0.5 shrink-0', own ? 'text-info' : 'text-accent-text')} />
      <div className="min-w-0 flex-1">
        <p className="text-12 font-medium text-fg-3">{by}</p>
        {children}
      </div>
    </div>
  )
}

const MARKDOWN_AT_MOST = 8000

/** Very long texts are shown as their beginning first: one of them must not fill the page with elements. */
function LongMarkdown({ text, isOpen, onOpen }: { text: string; isOpen: boolean; onOpen(next: boolean): void }) {
  const stop = useStop()
  if (text.length <= MARKDOWN_AT_MOST) return <Markdown text={text} className="text-14 leading-[1.55]" />
  return isOpen ? <LongText text={text} label="The whole text" /> : (
    <>
      <Markdown text={text.slice(0, MARKDOWN_AT_MOST)} className="text-14 leading-[1.55]" />
      <button type="button" tabIndex={stop} className="mt-1 min-h-6 font-medium text-accent-text" onClick={() => onOpen(true)}>
        Show all {text.length.toLocaleString('en')} characters
      </button>
    </>
  )
}

interface FoldedProps {
  isOpen: boolean
  onOpen(next: boolean): void
}

function Plan({ steps, isOpen, onOpen }: { steps: Extract<Entry, { kind: 'plan' }>['steps'] } & FoldedProps) {
  const done = steps.filter((step) => step.status === 'completed').length
  const now = steps.find((step) => step.status === 'in_progress')
  return (
    <Fold icon={ListTodo} tone="info" title={`Plan: ${done} of ${steps.length} done`} beside={isOpen ? '' : (now?.text ?? '')} isOpen={isOpen} onOpen={onOpen}>
      <ol className="flex flex-col gap-1">
        {steps.map((step, index) => (
          <li key={index} className="flex items-start gap-2">
            {step.status === 'completed' ? <CircleCheck size={16} aria-label="Done" className="mt-0.5 shrink-0 text-ok" /> : step.status === 'in_progress' ? <LoaderCircle size={16} aria-label="At work" className="mt-0.5 shrink-0 text-run" /> : <span role="img" aria-label="To do" className="mt-1 ml-0.5 size-3 shrink-0 rounded-full border border-line-strong" />}
            <span className={step.status === 'completed' ? 'text-fg-2' : ''}>{step.text}</span>
          </li>
        ))}
      </ol>
    </Fold>
  )
}

function Question({ asked, isOpen, onOpen }: { asked: Asked } & FoldedProps) {
  const { answer } = asked
  const option = answer && asked.options.find((one) => one.id === answer.option)
  const isNo = option?.effect.startsWith('reject') ?? false
  const Icon = answer === null ? MessageCircleQuestion : isNo ? Hand : CircleCheck
  const told = answer === null ? 'Waits for an answer' : option ? `${option.label}, ${answer.by}${answer.text ? `: ${answer.text}` : ''}` : 'No answer is needed any more'
  return (
    <Fold icon={Icon} tone={answer === null ? 'warn' : isNo ? 'bad' : 'ok'} title={`Asked: ${exact(asked.title)}`} beside={exact(told)} isOpen={isOpen} onOpen={onOpen}>
      {asked.rule && <p className="text-12 text-fg-2">Rule: {exact(asked.rule)}</p>}
      <LongText text={exact(asked.detail)} label="What was asked" />
    </Fold>
  )
}

function Check({ check, isOpen, onOpen }: { check: Checked } & FoldedProps) {
  const beside = [check.command, check.seconds !== null && `${check.seconds.toFixed(1)} s`, check.exitCode ? `exit code ${check.exitCode}` : '', check.round > 0 && `after ${check.round} mending${check.round > 1 ? 's' : ''}`].filter(Boolean).join(' · ')
  return (
    <Fold
      icon={SquareTerminal}
      tone={check.passed === null ? 'run' : check.passed ? 'ok' : 'bad'}
      title={`Check ${check.name}`}
      beside={beside}
      end={check.passed === null ? <Status bare icon={LoaderCircle} tone="run">Running</Status> : check.passed ? <Status bare icon={CircleCheck} tone="ok">Passed</Status> : <Status bare icon={CircleX} tone="bad">Failed</Status>}
      isOpen={isOpen}
      onOpen={onOpen}
    >
      {check.output ? <Ansi text={check.output} className="max-h-96 overflow-y-auto rounded-6 border border-line bg-sunken px-3 py-2" /> : <p className="text-fg-2">It said nothing.</p>}
    </Fold>
  )
}
