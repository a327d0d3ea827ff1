/** Whom the project gives a role of its own, whether it is there for them alone, and which policy holds in it. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Scale, ScrollText, Trash2, UserPlus, UsersRound } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { MemberTold, ProjectTold, Role } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm, Dialog } from '@/kit/Dialog'
import { Select, Switch, TextField } from '@/kit/Field'
import { buttonLook } from '@/kit/look'
import { Card } from '@/kit/Page'
import { Skeleton } from '@/kit/states'
import { Suggest } from '@/kit/Suggest'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { Person } from '@/nouns/Person'
import { ROLE_CHOICES, ROLES } from '@/nouns/roles'

const PAGE = 200

export default function Members({ project }: { project: ProjectTold }) {
  const [isAdding, setAdding] = useState(false)
  const mayGive = useMay('admin:users', project.id)
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['GET /api/projects/{project_id}/members', { project_id: project.id }],
    queryFn: ({ pageParam, signal }) => call('GET /api/projects/{project_id}/members', { path: { project_id: project.id }, query: { after: pageParam, limit: PAGE }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => (last.length === PAGE ? last.at(-1)!.user : undefined),
  })
  const members = data?.pages.flat()
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 text-14 font-semibold">Members</h2>
        {mayGive && (
          <>
            <Link to="/audit" search={{ project: project.id }} className={buttonLook('quiet')}>
              <ScrollText size={16} aria-hidden />
              <span className="max-sm:sr-only">Audit</span>
            </Link>
            <Link to="/admin" search={{ tab: 'policies', project: project.id }} className={buttonLook('quiet')}>
              <Scale size={16} aria-hidden />
              <span className="max-sm:sr-only">Policy</span>
            </Link>
            <Button icon={UserPlus} onPress={() => setAdding(true)}>
              Add
            </Button>
          </>
        )}
      </div>
      {mayGive ? <Private project={project} /> : project.private && <p className="text-fg-2">Private: it is there for its members alone.</p>}
      {error && !members ? (
        <p role="alert" className="text-bad">
          {error.message}
        </p>
      ) : !members ? (
        <Skeleton rows={2} />
      ) : members.length === 0 ? (
        <p className="flex items-center gap-2 text-fg-2">
          <UsersRound size={16} aria-hidden className="text-fg-3" />
          {project.private ? 'Nobody but administrators sees it.' : 'Everybody is here what they are everywhere: nobody has a role of this project’s own.'}
        </p>
      ) : (
        <ul className="flex flex-col divide-y divide-line">
          {members.map((member) => (
            <Member key={member.user} member={member} project={project} mayGive={mayGive} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button className="self-center" isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
      {isAdding && <AddDialog project={project} onClose={() => setAdding(false)} />}
    </Card>
  )
}

function Private({ project }: { project: ProjectTold }) {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const change = useMutation({
    mutationFn: (isPrivate: boolean) => call('PATCH /api/projects/{project_id}', { path: { project_id: project.id }, body: { private: isPrivate } }),
    onSuccess: (saved) => toast(saved.private ? `${project.key} is there for its members alone` : `${project.key} is there for everybody`),
    onError: toastError,
    onSettled: () => Promise.all(['GET /api/projects', 'GET /api/projects/{project_id}/members'].map((operation) => client.invalidateQueries({ queryKey: [operation] }))),
  })
  const isPrivate = change.isPending ? change.variables : (project.private ?? false)
  return (
    <>
      <Switch isSelected={isPrivate} isDisabled={change.isPending} onChange={(next) => (next ? setAsking(true) : change.mutate(false))}>
        <span>
          Private <span className="text-fg-2">– there for its members alone, and as if it was not there for others</span>
        </span>
      </Switch>
      <Confirm title={`Make ${project.key} private?`} isOpen={isAsking} isDangerous={false} verb="Make it private" onClose={() => setAsking(false)} onConfirm={() => change.mutate(true)}>
        Who is no member does not see it any more: not its tasks, its runs, nor that it is there. You stay in it.
      </Confirm>
    </>
  )
}

function Member({ member: { user, name, role, given, by_group }, project, mayGive }: { member: MemberTold; project: ProjectTold; mayGive: boolean }) {
  const client = useQueryClient()
  const path = { project_id: project.id, user_id: user }
  const again = () => client.invalidateQueries({ queryKey: ['GET /api/projects/{project_id}/members'] })
  const give = useMutation({ mutationFn: (wanted: Role) => call('PUT /api/projects/{project_id}/members/{user_id}', { path, body: { role: wanted } }), onError: toastError, onSettled: again })
  const take = useMutation({ mutationFn: () => call('DELETE /api/projects/{project_id}/members/{user_id}', { path }), onSuccess: () => toast(`${user} is no member by hand any more`), onError: toastError, onSettled: again })
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1.5">
      <Person name={name ?? user} says="" />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{name ?? user}</p>
        <p className="truncate text-12 text-fg-2">
          {user}
          {by_group && `, ${ROLES[by_group].label.toLowerCase()} by a group`}
        </p>
      </div>
      {mayGive ? (
        <Select label={`Role of ${user}`} hideLabel className="w-44" value={give.isPending ? give.variables : role} onChange={(wanted: Role) => wanted !== role && give.mutate(wanted)} choices={ROLE_CHOICES} />
      ) : (
        <span className="text-fg-2">{ROLES[role].label}</span>
      )}
      {mayGive && given && <IconButton name={`Remove ${user}`} icon={Trash2} onPress={() => take.mutate()} />}
    </li>
  )
}

function AddDialog({ project, onClose }: { project: ProjectTold; onClose(): void }) {
  const client = useQueryClient()
  const mayList = useMay('admin:users')
  const { data: users = [] } = useQuery({ ...ask('GET /api/users', { query: { limit: 1000 } }), enabled: mayList })
  const [user, setUser] = useState('')
  const [role, setRole] = useState<Role>('developer')
  const add = useMutation({
    mutationFn: () => call('PUT /api/projects/{project_id}/members/{user_id}', { path: { project_id: project.id, user_id: user.trim() }, body: { role } }),
    onSuccess: () => {
      toast(`${user.trim()} is a member of ${project.key}`)
      void client.invalidateQueries({ queryKey: ['GET /api/projects/{project_id}/members'] })
      onClose()
    },
  })
  const isReady = user.trim() !== '' && !add.isPending
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) add.mutate()
  }
  return (
    <Dialog
      title={`Add a member of ${project.key}`}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form="member" isDisabled={!isReady}>
            Add
          </Button>
        </>
      }
    >
      <form id="member" className="flex flex-col gap-4" onSubmit={send}>
        {mayList ? <Suggest label="Person" value={user} onChange={setUser} suggestions={users.map(({ id }) => id)} placeholder="ann" /> : <TextField autoFocus label="Person" value={user} onChange={setUser} placeholder="ann" hint="The name to sign in with" />}
        <Select<Role> label="Role here" value={role} onChange={setRole} choices={ROLE_CHOICES} hint="It may be stronger or weaker than the person’s role elsewhere." />
        {add.error && (
          <p role="alert" className="text-bad">
            {add.error instanceof ApiError ? add.error.message : String(add.error)}
          </p>
        )}
      </form>
    </Dialog>
  )
}
