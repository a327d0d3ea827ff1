/** Who may use which agent and which skill. Without a rule everybody may whose role lets agents work. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleSlash, Plus, Trash2, Waypoints } from 'lucide-react'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { UseTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { Suggest } from '@/kit/Suggest'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'
import { ROLE_CHOICES, ROLES } from '@/nouns/roles'
import { FormDialog } from './FormDialog'
import { Part } from './Part'

type Whom = 'user' | 'group' | 'role' | 'trust'
const WHOM: Record<Whom, string> = { user: 'A person', group: 'A group', role: 'A role', trust: 'Devices trusted so far' }
const TRUSTS = ['low', 'normal', 'high'].map((value) => ({ value, label: `${value[0]!.toUpperCase()}${value.slice(1)}` }))
const EVERYWHERE = '*'
const PAGE = 200
const COLUMNS = [{ label: 'Who' }, { label: 'Rule' }, { label: 'What' }, { label: 'Where' }, { label: 'Made' }, { label: 'Remove', isHidden: true, className: 'w-12' }]

/** "role:viewer" as "Everybody who is viewer". */
function said(subject: string): string {
  const kind = subject.slice(0, subject.indexOf(':')) as Whom
  const name = subject.slice(kind.length + 1)
  if (kind === 'role') return `Role ${ROLES[name as keyof typeof ROLES]?.label ?? name}`
  return kind === 'group' ? `Group ${name}` : kind === 'trust' ? `Devices of ${name} trust` : name
}

export function Uses() {
  const client = useQueryClient()
  const [isAdding, setAdding] = useState(false)
  useHotkey({ id: 'admin.use', keys: 'n', label: 'Make a rule of use', group: 'Administration' }, () => setAdding(true))
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['GET /api/uses', {}],
    queryFn: ({ pageParam, signal }) => call('GET /api/uses', { query: { after: pageParam, limit: PAGE }, signal }),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.length === PAGE ? last.at(-1)!.id : undefined),
  })
  const remove = useMutation({
    mutationFn: ({ id }: UseTold) => call('DELETE /api/uses/{use_id}', { path: { use_id: id } }),
    onSuccess: () => toast('The rule is taken back'),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/uses'] }),
  })
  const add = (
    <Button kind="primary" icon={Plus} onPress={() => setAdding(true)}>
      Make a rule
    </Button>
  )
  const uses = data?.pages.flat()
  return (
    <Part about="Once a rule lets somebody use an agent or a skill, only those may whom a rule lets. One that refuses counts above all." actions={uses && uses.length > 0 && add}>
      {error && !uses ? (
        <ErrorState what="The rules of use could not be read." error={error} onRetry={() => void refetch()} />
      ) : !uses ? (
        <Skeleton />
      ) : uses.length === 0 ? (
        <EmptyState icon={Waypoints} action={add}>
          Everybody whose role lets agents work may use every agent and skill. Press N.
        </EmptyState>
      ) : (
        <Table label="Who may use what" columns={COLUMNS}>
          {uses.map((use) => (
            <Row key={use.id}>
              <Cell isHead>{said(use.subject)}</Cell>
              <Cell>
                <Status bare icon={use.allowed ? CircleCheck : CircleSlash} tone={use.allowed ? 'ok' : 'bad'}>
                  {use.allowed ? 'May use' : 'May not use'}
                </Status>
              </Cell>
              <Cell>
                {use.kind} <code>{use.name}</code>
              </Cell>
              <Cell>{use.project_id === null ? 'Everywhere' : (projects.find(({ id }) => id === use.project_id)?.key ?? `Project ${use.project_id}`)}</Cell>
              <Cell className="text-fg-2">
                {use.made_by}, <Time at={use.made_at} />
              </Cell>
              <Cell>
                <IconButton name={`Take back: ${said(use.subject)}, ${use.name}`} icon={Trash2} onPress={() => remove.mutate(use)} />
              </Cell>
            </Row>
          ))}
        </Table>
      )}
      {hasNextPage && (
        <Button className="self-center" isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
      {isAdding && <UseDialog onClose={() => setAdding(false)} />}
    </Part>
  )
}

function UseDialog({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const { data: agents = [] } = useQuery(ask('GET /api/agents/types'))
  const { data: skills = [] } = useQuery(ask('GET /api/runtime/skills'))
  const { data: users = [] } = useQuery(ask('GET /api/users', { query: { limit: 1000 } }))
  const [whom, setWhom] = useState<Whom>('role')
  const [who, setWho] = useState('developer')
  const [effect, setEffect] = useState<'allow' | 'deny'>('allow')
  const [kind, setKind] = useState<UseTold['kind']>('agent')
  const [name, setName] = useState('')
  const [where, setWhere] = useState(EVERYWHERE)
  const make = useMutation({
    mutationFn: () => call('POST /api/uses', { body: { subject: `${whom}:${who.trim()}`, kind, name: name.trim(), project_id: where === EVERYWHERE ? null : Number(where), allowed: effect === 'allow' } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['GET /api/uses'] })
      onClose()
    },
  })
  const fields = make.error instanceof ApiError ? make.error.fields : {}
  const choose = (next: Whom) => {
    setWhom(next)
    setWho(next === 'role' ? 'developer' : next === 'trust' ? 'low' : '')
  }
  return (
    <FormDialog title="Make a rule of use" verb="Make the rule" isReady={who.trim() !== '' && name.trim() !== ''} isPending={make.isPending} error={Object.keys(fields).length ? null : make.error} onSend={() => make.mutate()} onClose={onClose}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select<Whom> label="For" value={whom} onChange={choose} choices={(Object.keys(WHOM) as Whom[]).map((value) => ({ value, label: WHOM[value] }))} />
        {whom === 'role' ? (
          <Select label="Which" value={who} onChange={setWho} choices={ROLE_CHOICES} />
        ) : whom === 'trust' ? (
          <Select label="Which" value={who} onChange={setWho} choices={TRUSTS} />
        ) : whom === 'user' ? (
          <Suggest label="Which" value={who} onChange={setWho} suggestions={users.map(({ id }) => id)} error={fields.subject} />
        ) : (
          <TextField label="Which" value={who} onChange={setWho} error={fields.subject} hint="As the provider or the directory calls it" />
        )}
        <Select<'allow' | 'deny'>
          label="The rule"
          className="sm:col-span-2"
          value={effect}
          onChange={setEffect}
          choices={[
            { value: 'allow', label: 'May use', hint: 'Others may not, unless a rule lets them' },
            { value: 'deny', label: 'May not use', hint: 'Whatever else lets them' },
          ]}
        />
        <Select<UseTold['kind']> label="What" value={kind} onChange={(next) => (setKind(next), setName(''))} choices={[{ value: 'agent', label: 'An agent' }, { value: 'skill', label: 'A skill' }]} />
        <Suggest key={kind} label="Which one" value={name} onChange={setName} suggestions={kind === 'agent' ? agents : skills.map(({ skill_id }) => skill_id)} error={fields.name} />
        <Select label="Where" className="sm:col-span-2" value={where} onChange={setWhere} choices={[{ value: EVERYWHERE, label: 'Everywhere' }, ...projects.map(({ id, key, name: called }) => ({ value: String(id), label: key, hint: called }))]} />
      </div>
    </FormDialog>
  )
}
