/** What the policy would have blocked of what was allowed in the last days, and whom. */
import { useMutation } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import type { ReplayTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Select } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { Badge } from '@/kit/Status'
import { Cell, Row, Table } from '@/kit/Table'
import { Nothing, Refusal } from '../Part'
import type { Modules } from './draft'

const SPANS = [
  { value: '1', label: 'Last day' },
  { value: '7', label: 'Last week' },
  { value: '30', label: 'Last 30 days' },
]
const DAY_MS = 86_400_000
const SECONDS = 40 // the hub takes up to 20
const COLUMNS = [{ label: 'Who' }, { label: 'Permission' }, { label: 'Project' }, { label: 'Why not' }, { label: 'When' }]

export function Replay({ modules, isDraft, project }: { modules: Modules; isDraft: boolean; project: number | undefined }) {
  const [days, setDays] = useState('7')
  const replay = useMutation({
    mutationFn: () => call('POST /api/policies/replay', { query: { project_id: project }, body: { modules, since: new Date(Date.now() - Number(days) * DAY_MS).toISOString() }, seconds: SECONDS }),
  })
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <p className="min-w-60 flex-1 text-fg-2">What {isDraft ? 'the policy as it is edited here' : 'the policy in force'} would have blocked of what was allowed. Nothing is changed by asking.</p>
        <Select label="Since" hideLabel className="w-40" value={days} onChange={setDays} choices={SPANS} />
        <Button kind="primary" icon={History} isDisabled={replay.isPending} onPress={() => replay.mutate()}>
          {replay.isPending ? 'Asking…' : 'Replay'}
        </Button>
      </div>
      <Refusal error={replay.error} />
      <div aria-live="polite">{replay.data && <Outcome told={replay.data} />}</div>
    </div>
  )
}

function Outcome({ told: { asked, left, blocked, by_permission, examples } }: { told: ReplayTold }) {
  return (
    <div className="flex flex-col gap-4">
      <p className="flex flex-wrap items-center gap-2 text-14">
        <strong>
          {blocked.toLocaleString('en')} of {asked.toLocaleString('en')}
        </strong>{' '}
        would have been blocked.
        {Object.entries(by_permission).map(([permission, count]) => (
          <Badge key={permission} tone="bad">
            {permission} {count.toLocaleString('en')}
          </Badge>
        ))}
      </p>
      {left > 0 && <p className="text-warn">{left.toLocaleString('en')} older ones were not asked for want of time.</p>}
      {asked === 0 && <Nothing>Nothing was asked in this time: the hub keeps every write and every refusal, and one look in a hundred.</Nothing>}
      {asked > 0 && blocked === 0 && <Nothing>It would have let all of it through.</Nothing>}
      {examples.length > 0 && (
        <Table label="What would have been blocked" columns={COLUMNS}>
          {examples.map((one, index) => (
            <Row key={index}>
              <Cell isHead>{one.actor}</Cell>
              <Cell>
                <code>{one.permission}</code>
              </Cell>
              <Cell>{one.project ?? ''}</Cell>
              <Cell>{one.reason}</Cell>
              <Cell className="text-fg-2">
                <Time at={one.at} />
              </Cell>
            </Row>
          ))}
        </Table>
      )}
      {blocked > examples.length && <p className="text-12 text-fg-2">The newest {examples.length} are shown.</p>}
    </div>
  )
}
