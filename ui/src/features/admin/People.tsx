/** Who may sign in: each with a role and a state; and the invitations that are open. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Ban, CircleCheck, Ellipsis, Link2, Pencil, Trash2, UserPlus, UserRoundCheck, UsersRound } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import type { User, UserChange } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Select, TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { Menu, MenuItem } from '@/kit/Menu'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Badge, Status } from '@/kit/Status'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'
import { Person } from '@/nouns/Person'
import { ROLE_CHOICES } from '@/nouns/roles'
import { Invitations } from './Invitations'
import { InviteDialog } from './InviteDialog'
import { Part } from './Part'
import { PersonDialog } from './PersonDialog'

const PAGE = 200
const COLUMNS = [{ label: 'Person' }, { label: 'Role', className: 'w-44' }, { label: 'State', className: 'w-28' }, { label: 'Seen', className: 'w-28' }, { label: 'Change', isHidden: true, className: 'w-12' }]

export interface PeopleProps {
  me: string | null
  q: string
  onSearch(q: string): void
}

export function People({ me, q, onSearch }: PeopleProps) {
  const [open, setOpen] = useState<User | 'new' | 'invite' | null>(null)
  useHotkey({ id: 'admin.invite', keys: 'n', label: 'Invite somebody', group: 'Administration' }, () => setOpen('invite'))
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['GET /api/users', { of: 'people' }],
    queryFn: ({ pageParam, signal }) => call('GET /api/users', { query: { after: pageParam, limit: PAGE }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => (last.length === PAGE ? last.at(-1)!.id : undefined),
  })
  if (error && !data) return <ErrorState what="The people could not be read." error={error} onRetry={() => void refetch()} />
  if (!data)
    return (
      <div className="p-4">
        <Skeleton rows={6} />
      </div>
    )
  const people = data.pages.flat().filter(({ service }) => !service)
  const word = q.trim().toLowerCase()
  const shown = word ? people.filter(({ id, name, email }) => [id, name, email].some((text) => text?.toLowerCase().includes(word))) : people
  return (
    <Part
      about="Who may sign in, and as what. A role of a project's own is given on the project's page."
      actions={
        <>
          <Button icon={UserPlus} onPress={() => setOpen('new')}>
            Add
          </Button>
          <Button kind="primary" icon={Link2} onPress={() => setOpen('invite')}>
            Invite
          </Button>
        </>
      }
    >
      {people.length > 0 && <TextField label="Find a person" hideLabel placeholder="Find a person" type="search" className="max-w-80" value={q} onChange={onSearch} />}
      {people.length === 0 ? (
        <EmptyState icon={UsersRound} action={<Button onPress={() => setOpen('invite')}>Invite somebody</Button>}>
          Nobody has an account here yet. Press N.
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState icon={UsersRound} action={<Button onPress={() => onSearch('')}>Show all</Button>}>
          Nobody is called so{hasNextPage && ' among those that are shown'}.
        </EmptyState>
      ) : (
        <Table label="People" columns={COLUMNS}>
          {shown.map((user) => (
            <PersonRow key={user.id} user={user} isMe={user.id === me} onEdit={() => setOpen(user)} />
          ))}
        </Table>
      )}
      {hasNextPage && (
        <Button className="self-center" isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
      <Invitations />
      {open === 'invite' ? <InviteDialog onClose={() => setOpen(null)} /> : open !== null && <PersonDialog user={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
    </Part>
  )
}

function PersonRow({ user, isMe, onEdit }: { user: User; isMe: boolean; onEdit(): void }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState<'disable' | 'remove' | null>(null)
  const again = () => client.invalidateQueries({ queryKey: ['GET /api/users'] })
  const change = useMutation({
    mutationFn: (body: UserChange) => call('PATCH /api/users/{user_id}', { path: { user_id: user.id }, body }),
    onSuccess: (_, { state }) => toast(state === 'disabled' ? `${user.id} is disabled: all sessions and tokens have ended` : state ? `${user.id} can sign in again` : `The role of ${user.id} is changed`),
    onError: toastError,
    onSettled: again,
  })
  const remove = useMutation({
    mutationFn: () => call('DELETE /api/users/{user_id}', { path: { user_id: user.id } }),
    onSuccess: () => toast(`${user.id} is removed`),
    onError: toastError,
    onSettled: again,
  })
  const isActive = user.state === 'active'
  return (
    <Row>
      <Cell isHead>
        <div className="flex items-center gap-3">
          <Person name={user.name ?? user.id} says="" />
          <div className="min-w-0">
            <p className="flex flex-wrap items-center gap-x-2">
              {user.name ?? user.id} {isMe && <Badge tone="accent">You</Badge>}
            </p>
            <p className="text-12 font-normal text-fg-2">{[user.id, user.email].filter(Boolean).join(', ')}</p>
          </div>
        </div>
      </Cell>
      <Cell>
        <Select label={`Role of ${user.id}`} hideLabel value={change.isPending ? (change.variables.role ?? user.role) : user.role} onChange={(role) => role !== user.role && change.mutate({ role })} choices={ROLE_CHOICES} />
      </Cell>
      <Cell>
        <Status bare icon={isActive ? CircleCheck : Ban} tone={isActive ? 'ok' : 'plain'}>
          {isActive ? 'Active' : 'Disabled'}
        </Status>
      </Cell>
      <Cell className="text-fg-2">{user.seen_at ? <Time at={user.seen_at} /> : 'Never'}</Cell>
      <Cell>
        <Menu label={`Change ${user.id}`} trigger={<IconButton name={`Change ${user.id}`} icon={Ellipsis} />}>
          <MenuItem icon={Pencil} onAction={onEdit}>
            Name, address, password…
          </MenuItem>
          {isActive ? (
            <MenuItem icon={Ban} onAction={() => setAsked('disable')}>
              Disable…
            </MenuItem>
          ) : (
            <MenuItem icon={UserRoundCheck} onAction={() => change.mutate({ state: 'active' })}>
              Enable
            </MenuItem>
          )}
          <MenuItem icon={Trash2} isDangerous onAction={() => setAsked('remove')}>
            Remove…
          </MenuItem>
        </Menu>
        <Confirm title={`Disable ${user.id}?`} isOpen={asked === 'disable'} verb="Disable" onClose={() => setAsked(null)} onConfirm={() => change.mutate({ state: 'disabled' })}>
          All sessions and tokens end at once, live pages too. Runs go on, and can be stopped on their pages.
        </Confirm>
        <Confirm title={`Remove ${user.id}?`} isOpen={asked === 'remove'} verb="Remove" onClose={() => setAsked(null)} onConfirm={() => remove.mutate()}>
          The account goes with its password, passkeys, sessions, tokens and memberships. What was done stays in the audit.
        </Confirm>
      </Cell>
    </Row>
  )
}
