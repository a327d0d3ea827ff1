/** What belonging to a group gives: a role everywhere, or in one project. Providers and the directory say who belongs. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { GroupRoleTold, Role } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { Loaded } from '@/kit/states'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'
import { ROLE_CHOICES } from '@/nouns/roles'
import { FormDialog } from './FormDialog'
import { Nothing, Section } from './Part'

const EVERYWHERE = '*'
const COLUMNS = [{ label: 'Group' }, { label: 'Where' }, { label: 'Role', className: 'w-44' }, { label: 'People', isNumber: true }, { label: 'Remove', isHidden: true, className: 'w-12' }]

export function GroupRoles() {
  const [isAdding, setAdding] = useState(false)
  return (
    <Section
      title="Roles by groups"
      about="The strongest of all roles that somebody has counts; those given by hand stay."
      actions={
        <Button icon={Plus} onPress={() => setAdding(true)}>
          Give a group a role
        </Button>
      }
    >
      <Loaded query={ask('GET /api/group-roles')} what="The roles by groups">
        {(roles) =>
          roles.length === 0 ? (
            <Nothing>No group gives a role yet.</Nothing>
          ) : (
            <Table label="Roles by groups as a table" columns={COLUMNS}>
              {roles.map((one) => (
                <Given key={one.id} given={one} />
              ))}
            </Table>
          )
        }
      </Loaded>
      {isAdding && <GiveDialog onClose={() => setAdding(false)} />}
    </Section>
  )
}

function Given({ given }: { given: GroupRoleTold }) {
  const client = useQueryClient()
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const again = () => client.invalidateQueries({ queryKey: ['GET /api/group-roles'] })
  const path = { id: given.id }
  const change = useMutation({ mutationFn: (role: Role) => call('PUT /api/group-roles/{id}', { path, body: { role } }), onSuccess: () => toast(`${given.group} gives another role from now on`), onError: toastError, onSettled: again })
  const take = useMutation({ mutationFn: () => call('DELETE /api/group-roles/{id}', { path }), onSuccess: () => toast(`${given.group} gives nothing there any more`), onError: toastError, onSettled: again })
  return (
    <Row>
      <Cell isHead>{given.group}</Cell>
      <Cell>{given.project_id === null ? 'Everywhere' : (projects.find(({ id }) => id === given.project_id)?.key ?? `Project ${given.project_id}`)}</Cell>
      <Cell>
        <Select label={`Role of ${given.group}`} hideLabel value={change.isPending ? change.variables : given.role} choices={ROLE_CHOICES} onChange={(role: Role) => role !== given.role && change.mutate(role)} />
      </Cell>
      <Cell isNumber>{given.people.toLocaleString('en')}</Cell>
      <Cell>
        <IconButton name={`Take the role of ${given.group}`} icon={Trash2} onPress={() => take.mutate()} />
      </Cell>
    </Row>
  )
}

function GiveDialog({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const [group, setGroup] = useState('')
  const [where, setWhere] = useState(EVERYWHERE)
  const [role, setRole] = useState<Role>('developer')
  const give = useMutation({
    mutationFn: () => call('PUT /api/group-roles', { body: { group: group.trim(), project_id: where === EVERYWHERE ? null : Number(where), role } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['GET /api/group-roles'] })
      onClose()
    },
  })
  const fields = give.error instanceof ApiError ? give.error.fields : {}
  return (
    <FormDialog title="Give a group a role" verb="Give the role" isReady={group.trim() !== ''} isPending={give.isPending} error={Object.keys(fields).length ? null : give.error} onSend={() => give.mutate()} onClose={onClose}>
      <TextField autoFocus label="Group" value={group} onChange={setGroup} error={fields.group} hint="As the provider or the directory calls it. Nobody need belong to it yet." />
      <Select label="Where" value={where} onChange={setWhere} choices={[{ value: EVERYWHERE, label: 'Everywhere' }, ...projects.map(({ id, key, name }) => ({ value: String(id), label: key, hint: name }))]} />
      <Select<Role> label="Role" value={role} onChange={setRole} choices={ROLE_CHOICES} />
    </FormDialog>
  )
}
