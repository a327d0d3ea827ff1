/** The project's code host: with whose access it is reached, whether that works, and what becomes of what the host tells. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, PlugZap, RefreshCw, TriangleAlert, Unplug } from 'lucide-react'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { ConnectionTold, ProjectTold, ReachedTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { Card } from '@/kit/Page'
import { Status } from '@/kit/Status'
import { ErrorState, Skeleton } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { Answering } from './Answering'
import { Connect } from './Connect'
import { Webhook } from './Webhook'

const WHOSE: Record<ConnectionTold['of'], string> = { project: "this project's own", mine: 'yours, for all projects without one', installation: "the hub's, for all who have none" }
const SECONDS_AT_MOST = 75

export default function CodeHost({ project }: { project: ProjectTold }) {
  const path = { project_id: project.id }
  const query = ask('GET /api/projects/{project_id}/connection', { path })
  const { data, error, refetch } = useQuery({ ...query, retry: false })
  const client = useQueryClient()
  const [isConnecting, setConnecting] = useState(false)
  const [isLeaving, setLeaving] = useState(false)
  /** What a look at the repository has just told; it is not kept. */
  const [reached, setReached] = useState<ReachedTold | null>(null)
  const mayWrite = useMay('project:write', project.id)
  const isNone = error instanceof ApiError && error.status === 404
  const connection = isNone ? undefined : data

  const check = useMutation({ mutationFn: () => call('POST /api/projects/{project_id}/connection/check', { path, seconds: SECONDS_AT_MOST }), onSuccess: (told) => (setReached(told.reached ?? null), client.setQueryData(query.queryKey, told)), onError: toastError })
  const leave = useMutation({
    mutationFn: () => (connection?.of === 'mine' ? call('DELETE /api/connections/mine') : call('DELETE /api/projects/{project_id}/connection', { path })),
    onSuccess: async () => {
      setReached(null)
      await client.resetQueries({ queryKey: query.queryKey })
      toast('Disconnected')
    },
    onError: toastError,
  })
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="flex-1 text-14 font-semibold max-sm:basis-full">GitHub</h2>
        {connection?.of === 'project' && mayWrite && (
          <Button kind="quiet" icon={RefreshCw} isDisabled={check.isPending} onPress={() => check.mutate()}>
            {check.isPending ? 'Trying…' : 'Try it'}
          </Button>
        )}
        {connection && connection.of !== 'installation' && mayWrite && (
          <Button kind="quiet" icon={Unplug} onPress={() => setLeaving(true)}>
            Disconnect
          </Button>
        )}
        {(connection || isNone) && project.github_repo_owner && mayWrite && (
          <Button kind={connection ? 'plain' : 'primary'} icon={PlugZap} onPress={() => setConnecting(true)}>
            {connection ? 'Change' : 'Connect GitHub'}
          </Button>
        )}
      </div>
      {connection ? (
        <Standing connection={connection} reached={reached} />
      ) : isNone ? (
        <Unconnected project={project} />
      ) : error ? (
        <ErrorState what="The connection could not be read." error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton rows={2} />
      )}
      {connection?.of === 'project' && <Answering key={JSON.stringify(connection.answers)} project={project} answers={connection.answers} />}
      {connection && <Webhook />}
      {isConnecting && <Connect project={project} onConnected={(told) => setReached(told.reached ?? null)} onClose={() => setConnecting(false)} />}
      <Confirm title="Disconnect GitHub?" verb="Disconnect" isOpen={isLeaving} onClose={() => setLeaving(false)} onConfirm={() => leave.mutate()}>
        The access is forgotten here; on GitHub it stays until you revoke it there. {connection?.of === 'mine' ? 'All projects that it counted for lose it.' : 'Pull requests of this project are no longer looked at, unless you or the hub have an access of your own.'}
      </Confirm>
    </Card>
  )
}

function Unconnected({ project }: { project: ProjectTold }) {
  if (!project.github_repo_url) return <p className="text-fg-2">The project has no repository yet: say under “About” where its code is.</p>
  if (!project.github_repo_owner) return <p className="text-fg-2">Its repository is not on GitHub: results are pushed as branches with what git itself knows, and pull requests are yours to open.</p>
  return <p className="text-fg-2">No access of its own: results cannot become pull requests, unless this hub was started with a token. A token or a GitHub App opens {`${project.github_repo_owner}/${project.github_repo_name}`}.</p>
}

function Standing({ connection: { kind, as_whom, of, error, checked_at, made_by, made_at }, reached }: { connection: ConnectionTold; reached: ReachedTold | null }) {
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {error ? (
          <Status icon={TriangleAlert} tone="bad">
            Does not work
          </Status>
        ) : (
          <Status icon={CircleCheck} tone="ok">
            Connected
          </Status>
        )}
        <span className="min-w-0 break-words">
          as <b className="font-medium">{as_whom}</b> by {kind === 'app' ? 'a GitHub App' : 'a token'}, {WHOSE[of]}
        </span>
      </p>
      {error && (
        <p role="alert" className="rounded-8 bg-bad-soft px-3 py-2 break-words text-bad">
          {error}
        </p>
      )}
      {reached && (
        <p className="text-fg-2">
          {reached.private ? 'A private repository' : 'A public repository'} with the default branch <code>{reached.default_branch}</code>; {reached.may_push ? 'it may push.' : 'it may not push.'}
        </p>
      )}
      {reached?.lacks.map((lack) => (
        <p key={lack} className="flex items-start gap-2 text-warn">
          <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
          {lack}
        </p>
      ))}
      <p className="text-12 text-fg-3">
        Given by {made_by} <Time at={made_at} />
        {checked_at && (
          <>
            , tried <Time at={checked_at} />
          </>
        )}
      </p>
    </>
  )
}
