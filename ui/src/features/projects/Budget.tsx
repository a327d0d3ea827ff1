/** What the project may cost, as a whole and for each run, and how far that is used up. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { BudgetTold, ProjectTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { Money, money } from '@/kit/figures'
import { join } from '@/kit/look'
import { Card } from '@/kit/Page'
import { ErrorState, Skeleton } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'

const PERIODS = [
  { value: 'total', label: 'In all' },
  { value: 'month', label: 'Each month' },
  { value: 'day', label: 'Each day' },
] as const
const NEAR_THE_END = 0.8

export function Budget({ project }: { project: ProjectTold }) {
  const { data, error, refetch } = useQuery(ask('GET /api/budgets'))
  const [isEditing, setEditing] = useState(false)
  const mayWrite = useMay('project:write', project.id)
  const budget = data?.find(({ scope, name }) => scope === 'project' && name === String(project.id))
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 text-14 font-semibold">Budget</h2>
        {data && !isEditing && mayWrite && (
          <Button icon={budget ? Pencil : Plus} onPress={() => setEditing(true)}>
            {budget ? 'Edit' : 'Set a budget'}
          </Button>
        )}
      </div>
      {error && !data ? (
        <ErrorState what="The budget could not be read." error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={1} />
      ) : isEditing ? (
        <Form project={project} budget={budget} onClose={() => setEditing(false)} />
      ) : budget ? (
        <Standing budget={budget} />
      ) : (
        <p className="text-fg-2">Its runs may cost what the budgets of the installation, of agents and of people leave.</p>
      )}
    </Card>
  )
}

function Standing({ budget: { usd, run_usd, period, spent_usd, held_usd } }: { budget: BudgetTold }) {
  const part = usd ? Math.min(1, (spent_usd + held_usd) / usd) : null
  return (
    <div className="flex flex-col gap-2">
      {usd !== null && (
        <>
          <p className="flex flex-wrap gap-x-1.5">
            <span className="font-semibold">
              <Money usd={spent_usd} />
            </span>
            of <Money usd={usd} /> {PERIODS.find(({ value }) => value === period)?.label.toLowerCase()}
            {held_usd > 0 && (
              <span className="text-fg-3">
                , <Money usd={held_usd} /> set aside for runs at work
              </span>
            )}
          </p>
          <div role="meter" aria-label="Used up" aria-valuemin={0} aria-valuemax={usd} aria-valuenow={Math.min(usd, spent_usd + held_usd)} aria-valuetext={`${money(spent_usd)} of ${money(usd)}`} className="h-1.5 overflow-hidden rounded-full bg-sunken">
            <div className={join('h-full rounded-full', part! >= 1 ? 'bg-bad-fill' : part! >= NEAR_THE_END ? 'bg-warn' : 'bg-accent')} style={{ width: `${part! * 100}%` }} />
          </div>
        </>
      )}
      {run_usd !== null && (
        <p className="text-fg-2">
          Each run at most <Money usd={run_usd} />.
        </p>
      )}
    </div>
  )
}

/** "12.5" or "$12.50"; undefined: no amount, null: none. */
export function dollars(text: string): number | null | undefined {
  if (!text.trim()) return null
  const amount = Number(text.trim().replace(/^\$/, '').replace(',', '.'))
  return Number.isFinite(amount) && amount > 0 ? amount : undefined
}

function Form({ project, budget, onClose }: { project: ProjectTold; budget: BudgetTold | undefined; onClose(): void }) {
  const client = useQueryClient()
  const [all, setAll] = useState(budget?.usd == null ? '' : String(budget.usd))
  const [each, setEach] = useState(budget?.run_usd == null ? '' : String(budget.run_usd))
  const [period, setPeriod] = useState<BudgetTold['period']>(budget?.period ?? 'month')
  const usd = dollars(all)
  const run_usd = dollars(each)
  const name = String(project.id)
  const done = async (text: string) => {
    await client.invalidateQueries({ queryKey: ['GET /api/budgets'] })
    toast(text)
    onClose()
  }
  const save = useMutation({
    mutationFn: () => call('PUT /api/budgets', { body: { scope: 'project', name, usd: usd ?? null, run_usd: run_usd ?? null, tokens: budget?.tokens ?? null, run_tokens: budget?.run_tokens ?? null, period } }),
    onSuccess: () => done('Budget saved'),
  })
  const clear = useMutation({ mutationFn: () => call('DELETE /api/budgets', { query: { scope: 'project', name } }), onSuccess: () => done('Budget removed'), onError: toastError })
  const wrong = (amount: number | null | undefined) => (amount === undefined ? 'Dollars, as 25 or 2.50' : undefined)
  const canSave = usd !== undefined && run_usd !== undefined && (usd !== null || run_usd !== null) && !save.isPending
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (canSave) save.mutate()
      }}
    >
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField label="At most, in dollars" inputMode="decimal" value={all} onChange={setAll} error={wrong(usd)} placeholder="no limit" />
        <Select label="Period" choices={PERIODS} value={period} onChange={(next) => setPeriod(next)} />
        <TextField label="Each run at most" inputMode="decimal" value={each} onChange={setEach} error={wrong(run_usd)} placeholder="no limit" />
      </div>
      {save.error && (
        <p role="alert" className="text-bad">
          {save.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {budget && (
          <Button kind="quiet" onPress={() => clear.mutate()}>
            Remove the budget
          </Button>
        )}
        <span className="ml-auto flex gap-2">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isDisabled={!canSave}>
            Save budget
          </Button>
        </span>
      </div>
    </form>
  )
}
