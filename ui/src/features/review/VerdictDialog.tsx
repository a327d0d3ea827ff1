/** A verdict, or comments that go to the agent: what will happen, words to go with it, and what the hub said if it refused. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call, type Operation } from '@/api/client'
import type { RunDetail, RunTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { TextArea } from '@/kit/Field'
import { toast } from '@/kit/toast'
import { ENDED } from '@/nouns/RunState'

export type Word = 'approve' | 'changes' | 'discard' | 'send'

interface Saying {
  title: string
  verb: string
  field: string
  done: string
  /** What will happen. */
  effect: string
}

export interface VerdictDialogProps {
  word: Word
  run: RunDetail
  /** The run waits for the verdict. */
  waits: boolean
  drafts: number
  onClose(): void
}

function sayingOf({ word, run, waits, drafts }: Omit<VerdictDialogProps, 'onClose'>): Saying {
  const comments = `${drafts} ${drafts === 1 ? 'comment' : 'comments'}`
  const given = drafts ? `your ${comments} and these words as one prompt` : 'these words as a prompt'
  const onwards = ENDED.has(run.state) ? `A new run goes on from this one, with ${given}.` : `The agent goes on in this run, with ${given}.`
  const branch = run.branch ? `The branch ${run.branch} stays.` : 'Its branch stays.'
  const left = drafts ? ` Your ${comments} ${drafts === 1 ? 'stays' : 'stay'} unsent.` : ''
  switch (word) {
    case 'approve':
      return { title: 'Approve the result', verb: 'Approve', field: 'A word on it, if you like', done: 'Approved.', effect: `${waits ? 'The run completes with this result.' : 'It is written down that you approve this result.'} ${branch}${left}` }
    case 'changes':
      return { title: 'Request changes', verb: 'Request changes', field: 'What is to be changed', done: 'Changes requested.', effect: `It is written down that the result is not good yet. ${onwards}` }
    case 'discard':
      return { title: 'Discard the result', verb: 'Discard', field: 'Why, if you like', done: 'Discarded.', effect: `${waits ? 'The run is cancelled' : 'The run is marked as discarded'}, and its task goes back to To do. ${branch}${left}` }
    case 'send':
      return { title: `Send ${comments}`, verb: 'Send', field: 'What to say before them, if you like', done: `Sent ${comments} to the agent.`, effect: `${onwards} It is no verdict.` }
  }
}

export function VerdictDialog({ word, run, waits, drafts, onClose }: VerdictDialogProps) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const saying = sayingOf({ word, run, waits, drafts })
  const path = { run_id: run.id }
  const act = useMutation({
    mutationFn: async (): Promise<RunTold> => {
      if (word === 'send') return (await call('POST /api/runs/{run_id}/remarks/send', { path, body: { text } })).run
      if (word === 'discard') return call('POST /api/runs/{run_id}/discard', { path, body: { text } })
      return call('POST /api/runs/{run_id}/review', { path, body: { approve: word === 'approve', text } })
    },
    onSuccess: (after) => {
      const told: Operation[] = ['GET /api/runs/{run_id}/review', 'GET /api/runs/{run_id}/remarks', 'GET /api/runs/{run_id}']
      for (const operation of told) void client.invalidateQueries({ queryKey: [operation, { run_id: run.id }] })
      toast(saying.done)
      onClose()
      // The comments have gone along to the run that heeds them; so does whoever made them.
      if (after.id !== run.id) void navigate({ to: '/runs/$id', params: { id: after.id } })
    },
  })
  const isReady = word !== 'changes' || drafts > 0 || text.trim() !== ''
  const actions = (
    <>
      <Button onPress={onClose}>Cancel</Button>
      <Button kind={word === 'discard' ? 'danger' : 'primary'} isDisabled={!isReady || act.isPending} onPress={() => act.mutate()}>
        {saying.verb}
      </Button>
    </>
  )
  return (
    <Dialog title={saying.title} isOpen onClose={onClose} actions={actions}>
      <p className="mb-4 text-fg-2 [overflow-wrap:anywhere]">{saying.effect}</p>
      <TextArea autoFocus label={saying.field} value={text} onChange={setText} rows={4} />
      {act.error && (
        <p role="alert" className="mt-3 text-bad">
          {act.error.message}
        </p>
      )}
    </Dialog>
  )
}
