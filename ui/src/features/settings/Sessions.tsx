/** Where one is signed in, and ending that. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, Globe, LogOut, MonitorX, Terminal, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { OwnSession } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { Loaded } from '@/kit/states'
import { Status } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { programOf } from './program'
import { Section } from './Section'

const LIST = 'GET /api/auth/sessions'
const KINDS: Record<string, [string, LucideIcon]> = {
  browser: ['Signed in', Globe],
  given: ["Given on the hub's machine", Terminal],
  device: ['A paired device', Terminal],
  contract: ['Made over HTTP', Terminal],
  named: ['Made over HTTP', Terminal],
}

export function Sessions() {
  const client = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const everywhere = useMutation({ mutationFn: () => call('POST /api/auth/sign-out-everywhere'), onSuccess: () => location.assign('/'), onError: toastError })
  const end = useMutation({
    mutationFn: (session: OwnSession) => call('DELETE /api/auth/sessions/{id}', { path: { id: session.id } }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [LIST] })
      toast('The session has ended')
    },
    onError: toastError,
  })
  return (
    <Section
      title="Sessions"
      about="Where you are signed in. One that is not used for a day ends by itself."
      action={
        <Button icon={MonitorX} onPress={() => setAsked(true)}>
          Sign out everywhere
        </Button>
      }
    >
      <Loaded query={{ ...ask(LIST), staleTime: 0 }} what="Your sessions">
        {(sessions) => (
          <ul className="divide-y divide-line">
            {sessions.map((session) => (
              <Line key={session.id} session={session} isEnding={end.isPending && end.variables.id === session.id} onEnd={() => end.mutate(session)} />
            ))}
          </ul>
        )}
      </Loaded>
      <Confirm title="Sign out everywhere?" verb="Sign out everywhere" isOpen={isAsked} onClose={() => setAsked(false)} onConfirm={() => everywhere.mutate()}>
        All your sessions end, in each browser and terminal, this one too. Runs go on, and tokens stay good until you revoke them.
      </Confirm>
    </Section>
  )
}

function Line({ session, isEnding, onEnd }: { session: OwnSession; isEnding: boolean; onEnd(): void }) {
  const { kind, address, agent, created_at, last_activity, current } = session
  const [how, Icon] = KINDS[kind] ?? [kind, Terminal]
  const program = programOf(agent)
  return (
    <li className="flex items-center gap-3 px-4 py-2">
      <Icon size={16} aria-hidden className="shrink-0 text-fg-3" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-3 font-medium">
          <span className="min-w-0 truncate">{program}</span>
          {current && (
            <Status icon={CircleCheck} tone="ok" bare>
              This one
            </Status>
          )}
        </p>
        <p className="text-12 break-words text-fg-2">
          {how} <Time at={created_at} />
          {address && <> from {address}</>}, last seen <Time at={last_activity} />
        </p>
      </div>
      {!current && (
        <Button kind="quiet" icon={LogOut} isDisabled={isEnding} onPress={onEnd} aria-label={`End the session of ${program}`}>
          End
        </Button>
      )}
    </li>
  )
}
