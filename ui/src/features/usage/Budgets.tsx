/** Caps on what agents may spend: how each stands, and setting, changing, removing them. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Bot, Building2, CheckSquare, CircleAlert, CircleCheck, FolderGit2, Pencil, Plus, Trash2, TriangleAlert, User, Wallet, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { BudgetTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { money, Time, tokens } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { join } from '@/kit/look'
import { EmptyState, Loaded } from '@/kit/states'
import { Badge, Status, type Tone } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { barsOf, MARKS, type Bar } from './bars'
import { BudgetDialog } from './BudgetDialog'

const SCOPE: Record<BudgetTold['scope'], { icon: LucideIcon; label: string }> = {
  installation: { icon: Building2, label: 'Installation' },
  project: { icon: FolderGit2, label: 'Project' },
  agent: { icon: Bot, label: 'Agent' },
  user: { icon: User, label: 'User' },
  task: { icon: CheckSquare, label: 'Task' },
}
const PERIOD: Record<BudgetTold['period'], string> = { total: 'In total', month: 'Each month', day: 'Each day' }

export function Budgets() {
  const client = useQueryClient()
  const [edited, setEdited] = useState<BudgetTold | 'new' | null>(null)
  const [leaving, setLeaving] = useState<BudgetTold | null>(null)
  useHotkey({ id: 'budgets.new', keys: 'n', label: 'Set a budget', group: 'Usage' }, () => setEdited('new'))
  const remove = useMutation({
    mutationFn: ({ scope, name }: BudgetTold) => call('DELETE /api/budgets', { query: { scope, name } }),
    onSuccess: () => {
      toast('The budget is removed')
      void client.invalidateQueries({ queryKey: ['GET /api/budgets'] })
    },
    onError: toastError,
  })
  const add = (
    <Button kind="primary" icon={Plus} onPress={() => setEdited('new')}>
      Set a budget
    </Button>
  )
  return (
    <Loaded query={ask('GET /api/budgets')} what="The budgets">
      {(budgets) => (
        <div className="mx-auto flex max-w-4xl flex-col gap-4 p-4 pb-12">
          {budgets.length === 0 ? (
            <EmptyState icon={Wallet} action={add}>
              Nothing caps what agents may spend; a budget is kept before the money is spent. Press N.
            </EmptyState>
          ) : (
            <>
              <div className="flex flex-wrap items-center justify-between gap-2">
                <p className="max-w-120 min-w-0 flex-1 text-fg-2">An attempt starts only with a share set aside for it, so what is spent never exceeds a cap.</p>
                {add}
              </div>
              <ul className="flex flex-col gap-3">
                {budgets.map((budget) => (
                  <Budget key={`${budget.scope} ${budget.name}`} budget={budget} onEdit={() => setEdited(budget)} onRemove={() => setLeaving(budget)} />
                ))}
              </ul>
            </>
          )}
          {edited && <BudgetDialog budget={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
          <Confirm title="Remove this budget?" isOpen={leaving !== null} verb="Remove the budget" onClose={() => setLeaving(null)} onConfirm={() => leaving && remove.mutate(leaving)}>
            Nothing will cap what is spent for {leaving?.label} any more; runs that wait for money go on.
          </Confirm>
        </div>
      )}
    </Loaded>
  )
}

function Budget({ budget, onEdit, onRemove }: { budget: BudgetTold; onEdit(): void; onRemove(): void }) {
  const { icon: Icon, label } = SCOPE[budget.scope]
  const name = budget.scope === 'installation' ? 'The whole installation' : budget.label
  const perRun = [budget.run_usd === null ? null : money(budget.run_usd), budget.run_tokens === null ? null : `${tokens(budget.run_tokens)} tokens`].filter(Boolean).join(' and ')
  return (
    <li className="flex flex-col gap-3 rounded-8 border border-line bg-surface p-4">
      <div className="flex items-center gap-1 sm:gap-3">
        <Icon size={20} aria-hidden className="mr-2 shrink-0 text-fg-3 sm:mr-0" />
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-14">{name}</h2>
          <p className="text-12 text-fg-2">
            <span className="sm:hidden">{PERIOD[budget.period]}. </span>
            {budget.scope !== 'installation' && `${label}. `}
            {perRun && `At most ${perRun} a run. `}Set by {budget.set_by}, <Time at={budget.set_at} />.
          </p>
        </div>
        <span className="max-sm:hidden">
          <Badge>{PERIOD[budget.period]}</Badge>
        </span>
        <IconButton name={`Change the budget of ${name}`} icon={Pencil} onPress={onEdit} />
        <IconButton name={`Remove the budget of ${name}`} icon={Trash2} onPress={onRemove} />
      </div>
      {barsOf(budget).map((bar) => (
        <Gone key={bar.unit} bar={bar} of={name} />
      ))}
    </li>
  )
}

const FILL: Record<Bar['tone'], string> = { ok: 'fill-(--ok)', info: 'fill-(--info)', warn: 'fill-(--warn)', bad: 'fill-(--bad)' }
const ICON: Record<Bar['tone'], LucideIcon> = { ok: CircleCheck, info: CircleCheck, warn: TriangleAlert, bad: CircleAlert }

function Gone({ bar, of }: { bar: Bar; of: string }) {
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap items-center justify-between gap-x-3">
        <span className="text-12 tabular-nums">{bar.text}</span>
        <Status icon={ICON[bar.tone]} tone={bar.tone as Tone} bare>
          {bar.word}
        </Status>
      </div>
      <svg
        role="meter"
        aria-label={`${bar.unit === 'usd' ? 'Money' : 'Tokens'} of ${of}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(bar.spent)}
        aria-valuetext={`${bar.word}: ${bar.text}`}
        className="h-2 w-full overflow-hidden rounded-4"
        preserveAspectRatio="none"
        viewBox="0 0 100 8"
      >
        <rect width="100" height="8" className="fill-(--sunken)" />
        <rect width={bar.spent} height="8" className={FILL[bar.tone]} />
        <rect x={bar.spent} width={bar.held} height="8" className={join(FILL[bar.tone], 'opacity-40')} />
        {MARKS.filter((mark) => mark < 100).map((mark) => (
          <rect key={mark} x={mark} width="0.3" height="8" className="fill-(--line-strong)" />
        ))}
      </svg>
      <div aria-hidden className="relative h-4 text-12 text-fg-3 tabular-nums">
        {MARKS.map((mark) => (
          <span key={mark} className={join('absolute', mark === 50 ? 'left-1/2 -translate-x-1/2' : mark === 80 ? 'left-4/5 -translate-x-1/2' : 'right-0')}>
            {mark}%
          </span>
        ))}
        {bar.held > 0 && <span>Pale: set aside for attempts at work</span>}
      </div>
    </div>
  )
}
