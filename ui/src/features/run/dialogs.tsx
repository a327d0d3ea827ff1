/** What is done to a run beyond words: stopped, gone on with after a limit, handed to another agent. Loaded when first wanted. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { RunDetail } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm, Dialog } from '@/kit/Dialog'
import { Select, TextArea, TextField } from '@/kit/Field'
import { toast, toastError } from '@/kit/toast'

export type Deed = 'stop' | 'resume' | 'handover'
interface Props {
  run: RunDetail
  onClose(): void
}

export default function Deeds({ deed, ...props }: Props & { deed: Deed }) {
  if (deed === 'stop') return <Stop {...props} />
  return deed === 'resume' ? <Resume {...props} /> : <Handover {...props} />
}

function Stop({ run, onClose }: Props) {
  const stop = useMutation({ mutationFn: () => call('POST /api/runs/{run_id}/cancel', { path: { run_id: run.id } }), onSuccess: () => toast('Stopped'), onError: toastError })
  return (
    <Confirm title={`Stop run #${run.number}?`} verb="Stop the run" isOpen onClose={onClose} onConfirm={() => stop.mutate()}>
      The agent is ended. What it has done so far is kept on its branch; the run itself cannot be taken up again, but a new one can go on from it.
    </Confirm>
  )
}

function Resume({ run, onClose }: Props) {
  const [usd, setUsd] = useState('')
  const [tokens, setTokens] = useState('')
  const [model, setModel] = useState('')
  const [account, setAccount] = useState('')
  const isQuota = run.wait?.reason === 'quota'
  const resume = useMutation({
    mutationFn: () =>
      call('POST /api/runs/{run_id}/resume', { path: { run_id: run.id }, body: { budget_usd: usd ? Number(usd) : null, budget_tokens: tokens ? Number(tokens) : null, model: model.trim() || null, account: account.trim() || null } }),
    onSuccess: () => {
      toast('It goes on')
      onClose()
    },
  })
  const fields = resume.error && 'fields' in resume.error ? (resume.error.fields as Record<string, string>) : {}
  const actions = (
    <>
      <Button onPress={onClose}>Cancel</Button>
      <Button kind="primary" isPending={resume.isPending} onPress={() => resume.mutate()}>
        Go on
      </Button>
    </>
  )
  return (
    <Dialog title={`Go on with run #${run.number}`} isOpen onClose={onClose} actions={actions}>
      <div className="flex flex-col gap-4">
        <p className="text-fg-2">{isQuota ? 'The provider’s quota is used up. Go on with another account or model, or leave both empty to try again now.' : 'Its budget is used up. Give it more; what is left empty stays as it is.'}</p>
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField label="Budget in US dollars" type="number" inputMode="decimal" value={usd} onChange={setUsd} error={fields.budget_usd} />
          <TextField label="Budget in tokens" type="number" inputMode="numeric" value={tokens} onChange={setTokens} error={fields.budget_tokens} />
          <TextField label="Model" placeholder="As before" value={model} onChange={setModel} error={fields.model} />
          <TextField label="Account" placeholder="As before" value={account} onChange={setAccount} error={fields.account} />
        </div>
        {resume.error && <p role="alert" className="text-bad">{resume.error.message}</p>}
      </div>
    </Dialog>
  )
}

function Handover({ run, onClose }: Props) {
  const { data: agents = [] } = useQuery(ask('GET /api/runtime/agents'))
  const [agent, setAgent] = useState<string | null>(null)
  const [model, setModel] = useState('')
  const [text, setText] = useState('')
  const navigate = useNavigate()
  const hand = useMutation({
    mutationFn: (to: string) => call('POST /api/runs/{run_id}/handover', { path: { run_id: run.id }, body: { agent: to, model: model.trim() || null, text: text.trim() || null } }),
    onSuccess: (next) => {
      toast(`${next.agent} goes on`)
      onClose()
      if (next.id !== run.id) void navigate({ to: '/runs/$id', params: { id: next.id } })
    },
  })
  const choices = agents.filter((one) => one.agent_type !== run.agent).map((one) => ({ value: one.agent_type, label: one.name || one.agent_type, isDisabled: !one.available, ...(one.available ? {} : { hint: one.metadata?.why ?? 'Not available' }) }))
  const actions = (
    <>
      <Button onPress={onClose}>Cancel</Button>
      <Button kind="primary" isDisabled={agent === null} isPending={hand.isPending} onPress={() => agent && hand.mutate(agent)}>
        Hand over
      </Button>
    </>
  )
  return (
    <Dialog title="Hand over to another agent" isOpen onClose={onClose} actions={actions}>
      <div className="flex flex-col gap-4">
        <p className="text-fg-2">It goes on with the work of {run.agent}, and is told what was said and done so far.</p>
        <Select label="Agent" choices={choices} value={agent} onChange={setAgent} placeholder="Choose an agent" />
        <TextField label="Model" placeholder="As configured" value={model} onChange={setModel} />
        <TextArea label="What it is told" placeholder="To go on" value={text} onChange={setText} rows={3} />
        {hand.error && <p role="alert" className="text-bad">{hand.error.message}</p>}
      </div>
    </Dialog>
  )
}
