/** Ask the agent for more: what is sent waits its turn, or interrupts; what waits can be changed or taken back. Of a run that has ended it makes the next. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ListEnd, Pencil, Send, Trash2, Zap } from 'lucide-react'
import { useRef, useState } from 'react'
import { ask, call } from '@/api/client'
import type { PromptTold, RunDetail } from '@/api/schema'
import { MayNot } from '@/nouns/MayNot'
import { useMay } from '@/nouns/may'
import { ENDED } from '@/nouns/RunState'
import { Button, IconButton } from '@/kit/Button'
import { TextArea } from '@/kit/Field'
import { useHotkey, written } from '@/kit/hotkeys'
import { inputLook, join } from '@/kit/look'
import { toast, toastError } from '@/kit/toast'

const draftOf = (run: string) => `clawlink.draft.${run}`

export function Composer({ run }: { run: RunDetail }) {
  const [text, setText] = useState(() => sessionStorage.getItem(draftOf(run.id)) ?? '')
  const box = useRef<HTMLDivElement>(null)
  const navigate = useNavigate()
  const maySubmit = useMay('task:submit', run.project_id)
  const hasEnded = ENDED.has(run.state)
  const { data: prompts = [] } = useQuery(ask('GET /api/runs/{run_id}/prompts', { path: { run_id: run.id } }))
  const waiting = prompts.filter((prompt) => prompt.state === 'queued')

  const change = (next: string) => {
    setText(next)
    if (next) sessionStorage.setItem(draftOf(run.id), next)
    else sessionStorage.removeItem(draftOf(run.id))
  }
  const send = useMutation({
    mutationFn: ({ steer }: { steer: boolean }) => call('POST /api/runs/{run_id}/prompts', { path: { run_id: run.id }, body: { text: text.trim(), steer } }),
    onSuccess: ({ run: next, prompt }, { steer }) => {
      change('')
      if (prompt) return toast(steer ? 'The agent is told now' : 'Queued')
      toast(`Run #${next.number} goes on from here`)
      void navigate({ to: '/runs/$id', params: { id: next.id } })
    },
    onError: toastError,
  })
  const isEmpty = !text.trim()
  const submit = (steer: boolean) => !isEmpty && !send.isPending && send.mutate({ steer })
  useHotkey({ id: 'run.compose', keys: 'p', label: 'Write to the agent', group: 'Run', isOff: !maySubmit }, () => box.current?.querySelector('textarea')?.focus())

  if (!maySubmit) return <MayNot className="shrink-0 justify-center border-t border-line bg-surface px-4 py-3">You may watch this run, and not ask it for more.</MayNot>
  return (
    <div ref={box} className="shrink-0 border-t border-line bg-surface px-4 py-3">
      <div className="mx-auto flex max-w-[60rem] flex-col gap-2">
        {waiting.length > 0 && (
          <ol aria-label="Prompts that wait" className="flex max-h-40 flex-col gap-1 overflow-y-auto">
            {waiting.map((prompt) => (
              <Waiting key={prompt.number} prompt={prompt} />
            ))}
          </ol>
        )}
        <div
          className="flex flex-wrap items-end gap-2"
          onKeyDown={(event) => {
            // Back to the keys of the page; Tab would lead through all lines.
            if (event.key === 'Escape') (event.target as HTMLElement).blur()
            if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
            event.preventDefault()
            submit(event.shiftKey && !hasEnded)
          }}
        >
          <div className="min-w-60 flex-1">
            <textarea
              aria-label="Prompt"
              rows={1}
              value={text}
              onChange={(event) => change(event.target.value)}
              placeholder={hasEnded ? 'What next? A new run goes on from this work.' : 'What else? It hears of it after what it does now.'}
              className={join(inputLook, 'block field-sizing-content max-h-60 min-h-control resize-none py-1.5 pointer-coarse:py-3')}
            />
          </div>
          {hasEnded ? (
            <Button kind="primary" icon={Send} isDisabled={isEmpty} isPending={send.isPending} onPress={() => submit(false)}>
              Go on in a new run
            </Button>
          ) : (
            <>
              <Button icon={Zap} isDisabled={isEmpty} isPending={send.isPending} onPress={() => submit(true)}>
                Send now
              </Button>
              <Button kind="primary" icon={ListEnd} isDisabled={isEmpty} isPending={send.isPending} onPress={() => submit(false)}>
                Queue
              </Button>
            </>
          )}
        </div>
        <p className="text-12 text-fg-3 max-sm:hidden pointer-coarse:hidden">
          {written('mod+enter').join(' ')} {hasEnded ? 'starts it' : `queues, ${written('mod+shift+enter').join(' ')} interrupts the agent`}
        </p>
      </div>
    </div>
  )
}

function Waiting({ prompt }: { prompt: PromptTold }) {
  const [words, setWords] = useState<string | null>(null)
  const path = { run_id: prompt.run_id, number: prompt.number }
  const edit = useMutation({ mutationFn: (text: string) => call('PATCH /api/runs/{run_id}/prompts/{number}', { path, body: { text } }), onSuccess: () => setWords(null), onError: toastError })
  const withdraw = useMutation({ mutationFn: () => call('DELETE /api/runs/{run_id}/prompts/{number}', { path }), onSuccess: () => toast('Withdrawn'), onError: toastError })
  if (words !== null)
    return (
      <li className="flex flex-wrap items-end gap-2" onKeyDown={(event) => event.key === 'Escape' && setWords(null)}>
        <TextArea autoFocus label="Words of the prompt" hideLabel rows={2} value={words} onChange={setWords} className="min-w-60 flex-1" />
        <Button onPress={() => setWords(null)}>Cancel</Button>
        <Button kind="primary" isDisabled={!words.trim()} isPending={edit.isPending} onPress={() => edit.mutate(words.trim())}>
          Save
        </Button>
      </li>
    )
  return (
    <li className="flex min-h-control items-center gap-2 rounded-6 border border-line bg-bg pl-3">
      <ListEnd size={14} aria-hidden className="shrink-0 text-fg-3" />
      <span className="shrink-0 text-12 text-fg-3">Waits</span>
      <span className="min-w-0 flex-1 truncate">{prompt.text}</span>
      <IconButton name={`Change “${prompt.text.slice(0, 40)}”`} icon={Pencil} onPress={() => setWords(prompt.text)} />
      <IconButton name={`Withdraw “${prompt.text.slice(0, 40)}”`} icon={Trash2} onPress={() => withdraw.mutate()} isDisabled={withdraw.isPending} />
    </li>
  )
}
