/** One's own access to the code host: for what one asks for oneself, in projects that have none of their own. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, PlugZap, RefreshCw, TriangleAlert, Unplug } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { ConnectionTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm, Dialog } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { MayNot } from '@/nouns/MayNot'
import { Section } from './Section'

const SECONDS_AT_MOST = 75
type Open = 'connect' | 'check' | 'leave'

export default function CodeHost() {
  const client = useQueryClient()
  const query = ask('GET /api/connections/mine')
  const mayWrite = useMay('project:write')
  const { data, error, refetch } = useQuery({ ...query, retry: false, enabled: mayWrite })
  const [open, setOpen] = useState<Open | null>(null)
  const isNone = error instanceof ApiError && error.status === 404
  const connection = isNone ? undefined : data
  const leave = useMutation({
    mutationFn: () => call('DELETE /api/connections/mine'),
    async onSuccess() {
      await client.resetQueries({ queryKey: query.queryKey })
      toast('Disconnected')
    },
    onError: toastError,
  })
  const connect = (
    <Button kind={connection ? 'plain' : 'primary'} icon={PlugZap} onPress={() => setOpen('connect')}>
      {connection ? 'Change' : 'Connect'}
    </Button>
  )
  return (
    <Section title="GitHub, as you" about="What you ask for is pushed and proposed in your name, in projects that have no access of their own." action={connection && connect}>
      {!mayWrite ? (
        <MayNot className="px-4 py-3">Only who may change projects needs an access.</MayNot>
      ) : connection ? (
        <Standing connection={connection} onCheck={() => setOpen('check')} onLeave={() => setOpen('leave')} />
      ) : isNone ? (
        <EmptyState icon={PlugZap} action={connect}>
          You have no access of your own: projects use theirs, or the hub's.
        </EmptyState>
      ) : error ? (
        <ErrorState what="Your connection could not be read." error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="p-4">
          <Skeleton rows={2} />
        </div>
      )}
      {(open === 'connect' || open === 'check') && <Trying isNew={open === 'connect'} onClose={() => setOpen(null)} onTold={(told) => client.setQueryData(query.queryKey, told)} />}
      <Confirm title="Disconnect GitHub?" verb="Disconnect" isOpen={open === 'leave'} onClose={() => setOpen(null)} onConfirm={() => leave.mutate()}>
        The access is forgotten here; on GitHub it stays until you revoke it there.
      </Confirm>
    </Section>
  )
}

function Standing({ connection: { kind, as_whom, error, checked_at, made_at, reached }, onCheck, onLeave }: { connection: ConnectionTold; onCheck(): void; onLeave(): void }) {
  return (
    <div className="flex flex-col gap-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status icon={error ? TriangleAlert : CircleCheck} tone={error ? 'bad' : 'ok'}>
          {error ? 'Does not work' : 'Connected'}
        </Status>
        <span className="min-w-0 flex-1 break-words">
          as <b className="font-medium">{as_whom}</b> by {kind === 'app' ? 'a GitHub App' : 'a token'}
        </span>
        <Button kind="quiet" icon={RefreshCw} onPress={onCheck}>
          Try it
        </Button>
        <Button kind="quiet" icon={Unplug} onPress={onLeave}>
          Disconnect
        </Button>
      </div>
      {error && (
        <p role="alert" className="rounded-8 bg-bad-soft px-3 py-2 break-words text-bad">
          {error}
        </p>
      )}
      {reached?.lacks.map((lack) => (
        <p key={lack} className="flex items-start gap-2 text-warn">
          <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
          {lack}
        </p>
      ))}
      <p className="text-12 text-fg-3">
        Given <Time at={made_at} />
        {checked_at && (
          <>
            , tried <Time at={checked_at} />
          </>
        )}
      </p>
    </div>
  )
}

/** A token is given, or the one there is tried anew: on a repository that is named. */
function Trying({ isNew, onTold, onClose }: { isNew: boolean; onTold(told: ConnectionTold): void; onClose(): void }) {
  const [token, setToken] = useState('')
  const [repository, setRepository] = useState('')
  const send = useMutation({
    mutationFn: () =>
      isNew
        ? call('PUT /api/connections/mine', { body: { token: token.trim(), repository: repository.trim() || null }, seconds: SECONDS_AT_MOST })
        : call('POST /api/connections/mine/check', { body: { repository: repository.trim() }, seconds: SECONDS_AT_MOST }),
    onSuccess(told) {
      onTold(told)
      if (!told.error) toast(isNew ? 'Connected' : `It works, as ${told.as_whom}`)
      onClose()
    },
  })
  const canSend = (isNew ? token.trim() : repository.trim()) !== '' && !send.isPending
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    if (canSend) send.mutate()
  }
  return (
    <Dialog
      title={isNew ? 'Connect GitHub as you' : 'Try the access'}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!canSend} onPress={() => submit()}>
            {send.isPending ? 'Trying it…' : isNew ? 'Connect' : 'Try it'}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4" onSubmit={submit}>
        {isNew && <TextField label="Token" type="password" autoComplete="off" autoFocus value={token} onChange={setToken} hint="Fine-grained: contents, pull requests and issues, read and write. Kept encrypted on the hub; nobody is shown it again." />}
        <TextField label={isNew ? 'Try it on (optional)' : 'Repository'} autoFocus={!isNew} value={repository} onChange={setRepository} placeholder="https://github.com/you/it" error={send.error?.message} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
