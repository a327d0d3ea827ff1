/** Set a budget, or change one whole. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { BudgetTold, BudgetWanted } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Select, TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'

const AMOUNTS = ['usd', 'tokens', 'run_usd', 'run_tokens'] as const
type Amounts = Record<(typeof AMOUNTS)[number], string>
const LABEL: Amounts = { usd: 'US dollars', tokens: 'Tokens', run_usd: 'US dollars of one run', run_tokens: 'Tokens of one run' }

export function BudgetDialog({ budget, onClose }: { budget: BudgetTold | null; onClose(): void }) {
  const client = useQueryClient()
  const [scope, setScope] = useState<BudgetWanted['scope']>(budget?.scope ?? 'project')
  const [name, setName] = useState(budget?.name ?? '')
  const [period, setPeriod] = useState<BudgetTold['period']>(budget?.period ?? 'month')
  const [amounts, setAmounts] = useState<Amounts>(() => Object.fromEntries(AMOUNTS.map((one) => [one, budget?.[one]?.toString() ?? ''])) as Amounts)
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const { data: agents = [] } = useQuery(ask('GET /api/agents/types'))

  const wrong = (one: keyof Amounts) => {
    const text = amounts[one].trim()
    return text && !(Number(text) >= 0 && (one.endsWith('usd') || Number.isInteger(Number(text)))) ? (one.endsWith('usd') ? 'A number from 0 on.' : 'A whole number from 0 on.') : undefined
  }
  const number = (one: keyof Amounts) => (amounts[one].trim() ? Number(amounts[one]) : null)
  const isWhole = scope === 'installation' || name.trim() !== ''
  const isReady = isWhole && AMOUNTS.some((one) => amounts[one].trim()) && AMOUNTS.every((one) => !wrong(one))

  const save = useMutation({
    mutationFn: () =>
      call('PUT /api/budgets', {
        body: { scope, name: scope === 'installation' ? '' : name.trim(), period, usd: number('usd'), tokens: number('tokens'), run_usd: number('run_usd'), run_tokens: number('run_tokens') },
      }),
    onSuccess: ({ label }) => {
      toast(`The budget of ${label} is set`)
      void client.invalidateQueries({ queryKey: ['GET /api/budgets'] })
      onClose()
    },
  })
  const fields = save.error instanceof ApiError ? save.error.fields : {}
  const amount = (one: keyof Amounts) => (
    <TextField label={LABEL[one]} inputMode="decimal" placeholder="No cap" value={amounts[one]} onChange={(value) => setAmounts({ ...amounts, [one]: value })} error={wrong(one) ?? fields[one]} />
  )
  return (
    <Dialog
      title={budget ? 'Change the budget' : 'Set a budget'}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form="budget" isDisabled={!isReady || save.isPending}>
            {budget ? 'Save' : 'Set the budget'}
          </Button>
        </>
      }
    >
      <form
        id="budget"
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) save.mutate()
        }}
      >
        <Select
          label="For"
          value={scope}
          isDisabled={budget !== null}
          onChange={(value) => {
            setScope(value)
            setName('')
          }}
          choices={[
            { value: 'installation', label: 'The whole installation' },
            { value: 'project', label: 'A project' },
            { value: 'agent', label: 'An agent' },
            { value: 'user', label: 'A user' },
            { value: 'task', label: 'A task' },
          ]}
        />
        {scope === 'project' ? (
          <Select label="Project" value={name || null} isDisabled={budget !== null} onChange={setName} placeholder="Choose one" choices={projects.map((one) => ({ value: String(one.id), label: one.key, hint: one.name }))} />
        ) : scope === 'agent' ? (
          <Select label="Agent" value={name || null} isDisabled={budget !== null} onChange={setName} placeholder="Choose one" choices={agents.map((one) => ({ value: one, label: one }))} />
        ) : scope === 'installation' ? (
          <span />
        ) : (
          <TextField label={scope === 'user' ? 'Name of the user' : 'Key of the task'} value={name} isReadOnly={budget !== null} onChange={setName} placeholder={scope === 'user' ? 'ann' : 'DEMO-1'} error={fields.name} />
        )}
        <Select<BudgetTold['period']>
          label="Period"
          className="sm:col-span-2"
          value={period}
          onChange={setPeriod}
          choices={[
            { value: 'total', label: 'In total' },
            { value: 'month', label: 'Each month', hint: 'From the first on, in UTC' },
            { value: 'day', label: 'Each day', hint: 'In UTC' },
          ]}
        />
        {AMOUNTS.map((one) => (
          <div key={one}>{amount(one)}</div>
        ))}
        <p className="text-12 text-fg-2 sm:col-span-2">At least one amount. Those of one run hold for runs that have none of their own.</p>
        {save.error && Object.keys(fields).length === 0 && (
          <p role="alert" className="text-bad sm:col-span-2">
            {save.error.message}
          </p>
        )}
      </form>
    </Dialog>
  )
}
