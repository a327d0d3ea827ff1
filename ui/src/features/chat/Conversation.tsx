/** One conversation: messages, answers as they are said, proposals, and where one writes on. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bot, CircleX, LoaderCircle, TriangleAlert } from 'lucide-react'
import { useState, useSyncExternalStore } from 'react'
import { ask, call, keyOf } from '@/api/client'
import type { ChatDetail, MessageTold } from '@/api/schema'
import { Time } from '@/kit/figures'
import { Markdown } from '@/kit/Markdown'
import { Status } from '@/kit/Status'
import { toastError } from '@/kit/toast'
import { useEvents } from '@/live/live'
import { ENDED, RunState } from '@/nouns/RunState'
import { Composer } from './Composer'
import { ProposalCard } from './ProposalCard'
import { saying } from './saying'
import { useAtEnd } from './useAtEnd'

export function Conversation({ chat }: { chat: ChatDetail }) {
  const client = useQueryClient()
  const key = keyOf('GET /api/chat/{chat_id}', { path: { chat_id: chat.id } })
  const [text, setText] = useState('')
  const [said] = useState(saying)
  const now = useSyncExternalStore(said.listen, said.text)
  const open = chat.messages.find(({ state }) => !ENDED.has(state))
  const read = () => client.invalidateQueries({ queryKey: key }).then(said.settle)
  useEvents(
    { run: open?.run_id },
    (events) => {
      if (said.hear(events)) void read()
    },
    () => void read(),
  )
  const send = useMutation({
    mutationFn: () => call('POST /api/chat/{chat_id}', { path: { chat_id: chat.id }, body: { text } }),
    onSuccess: (fresh) => {
      setText('')
      client.setQueryData(key, fresh)
      void client.invalidateQueries({ queryKey: ['GET /api/projects/{project_id}/chat'] })
    },
    onError: toastError,
  })
  const end = useAtEnd(`${chat.messages.length} ${now.length} ${chat.messages.at(-1)?.answer.length} ${chat.proposals.length}`)
  // The words of an open run go to the latest of its messages that was taken: the last with an answer, else the first that waits.
  const speaking = open && (chat.messages.findLast((one) => one.run_id === open.run_id && one.answer) ?? open)
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
      <div ref={end} role="log" aria-live="off" aria-label={chat.title} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto p-4 outline-offset-[-2px]">
        <ol className="mx-auto flex max-w-3xl flex-col gap-6">
          {chat.messages.map((message) => (
            <li key={message.number} className="flex flex-col gap-4">
              <p className="ml-auto max-w-[85%] rounded-12 bg-accent-soft px-4 py-2 break-words whitespace-pre-wrap">{message.text}</p>
              <Answer chat={chat} message={message} saying={message === speaking ? now : ''} />
            </li>
          ))}
        </ol>
      </div>
      <p role="status" className="sr-only">
        {open ? `${chat.agent} answers.` : `${chat.agent} has answered.`}
      </p>
      <Composer
        label="Message"
        project={chat.project_id}
        text={text}
        onChange={setText}
        isSending={send.isPending}
        onSend={() => send.mutate()}
        beside={
          <span className="flex items-center gap-2 text-12 text-fg-2">
            <Bot size={16} aria-hidden /> {chat.agent}
          </span>
        }
      />
    </div>
  )
}

function Answer({ chat, message, saying }: { chat: ChatDetail; message: MessageTold; saying: string }) {
  const words = [message.answer, saying].filter(Boolean).join('\n\n')
  const isOpen = !ENDED.has(message.state)
  const proposals = chat.proposals.filter((one) => one.message === message.number)
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex items-center gap-2 text-12 text-fg-2">
        <span className="flex size-6 shrink-0 items-center justify-center rounded-6 bg-accent-soft text-accent-text">
          <Bot size={14} aria-hidden />
        </span>
        <span className="font-medium text-fg">{chat.agent}</span>
        <Time at={message.at} />
        {isOpen && <Standing message={message} />}
        <Link to="/runs/$id" params={{ id: message.run_id }} className="ml-auto text-accent-text underline underline-offset-2">
          Its run
        </Link>
      </div>
      {words ? <Markdown text={words} className="text-14" /> : isOpen ? <p className="text-fg-3">Reading and thinking…</p> : !message.error && <p className="text-fg-3">It has said nothing.</p>}
      {message.error && (
        <p role="note" className="flex items-start gap-2 rounded-8 bg-bad-soft px-3 py-2 break-words text-bad">
          <CircleX size={16} aria-hidden className="mt-0.5 shrink-0" />
          {message.error}
        </p>
      )}
      {message.refused && (
        <p role="note" className="flex items-start gap-2 rounded-8 bg-warn-soft px-3 py-2 break-words text-warn">
          <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
          <span>What it proposed cannot be taken. {message.refused}</span>
        </p>
      )}
      {proposals.length > 0 && (
        <ul aria-label="Proposals" className="flex flex-col gap-3">
          {proposals.map((one) => (
            <ProposalCard key={one.number} chat={chat} proposal={one} />
          ))}
        </ul>
      )}
    </div>
  )
}

/** The run's own state, where it needs somebody; else that it answers. */
function Standing({ message }: { message: MessageTold }) {
  const { data: run } = useQuery(ask('GET /api/runs/{run_id}', { path: { run_id: message.run_id } }))
  if (run?.state === 'waiting') return <RunState run={run} />
  return (
    <Status icon={LoaderCircle} tone="run" bare>
      Answers
    </Status>
  )
}
