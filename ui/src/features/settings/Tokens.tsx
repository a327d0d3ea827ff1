/** Tokens: what speaks in one's name without signing in, for scripts and other programs. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeySquare, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { Me, TokenMade, TokenTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { Confirm, Dialog } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { EmptyState, Loaded } from '@/kit/states'
import { Badge } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { NewToken } from './NewToken'
import { Section } from './Section'

const LIST = 'GET /api/tokens'

export default function Tokens({ me }: { me: Me }) {
  const client = useQueryClient()
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<TokenMade | null>(null)
  const [doomed, setDoomed] = useState<TokenTold | null>(null)
  const revoke = useMutation({
    mutationFn: (token: TokenTold) => call('DELETE /api/tokens/{named}', { path: { named: token.id } }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [LIST] })
      toast('The token opens nothing any more')
    },
    onError: toastError,
  })
  const add = (
    <Button kind="primary" icon={Plus} onPress={() => setMaking(true)}>
      New token
    </Button>
  )
  return (
    <Loaded query={ask(LIST)} what="Your tokens">
      {(tokens) => (
        <Section title="Tokens" about="For scripts and programs that speak in your name. Never more than you may, and narrower if you say so." action={tokens.length > 0 && add}>
          {tokens.length === 0 ? (
            <EmptyState icon={KeySquare} action={add}>
              You have no tokens. With one, a script speaks to this hub in your name.
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {tokens.map((token) => (
                <Line key={token.id} token={token} onRevoke={() => setDoomed(token)} />
              ))}
            </ul>
          )}
          {isMaking && (
            <NewToken
              me={me}
              onClose={() => setMaking(false)}
              onMade={(told) => {
                setMaking(false)
                setMade(told)
              }}
            />
          )}
          {made && <Shown token={made} onClose={() => setMade(null)} />}
          <Confirm title={`Revoke ${doomed?.name ?? ''}?`} verb="Revoke token" isOpen={doomed !== null} onClose={() => setDoomed(null)} onConfirm={() => doomed && revoke.mutate(doomed)}>
            Whatever uses it is refused from now on. It cannot be given back.
          </Confirm>
        </Section>
      )}
    </Loaded>
  )
}

function Line({ token: { name, scopes, project_id, made_at, used_at, expires_at }, onRevoke }: { token: TokenTold; onRevoke(): void }) {
  const { data: projects = [] } = useQuery(ask('GET /api/projects'))
  const project = project_id === null ? null : (projects.find(({ id }) => id === project_id)?.key ?? `project ${project_id}`)
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
      <KeySquare size={16} aria-hidden className="shrink-0 text-fg-3" />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{name}</p>
        <p className="text-12 text-fg-2">
          Made <Time at={made_at} />, {used_at ? <>used <Time at={used_at} /></> : 'never used'}, ends <Time at={expires_at} />
        </p>
        <p className="mt-1 flex flex-wrap gap-1">
          {project && <Badge tone="info">{`Only in ${project}`}</Badge>}
          {scopes ? scopes.map((scope) => <Badge key={scope}>{scope}</Badge>) : <Badge tone="warn">All that you may</Badge>}
        </p>
      </div>
      <Button kind="quiet" icon={Trash2} onPress={onRevoke} aria-label={`Revoke ${name}`}>
        Revoke
      </Button>
    </li>
  )
}

/** The only time that it is seen. */
function Shown({ token, onClose }: { token: TokenMade; onClose(): void }) {
  return (
    <Dialog
      title={`The token ${token.name}`}
      role="alertdialog"
      isOpen
      onClose={onClose}
      actions={
        <Button kind="primary" onPress={onClose}>
          I have it
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <p>It is shown this once. Keep it where the program finds it, and nobody else.</p>
        <CommandLine name="Copy the token">{token.token}</CommandLine>
        <p className="text-12 text-fg-2">
          A program gives it as <code>Authorization: Bearer …</code>, the command line as <code>CLAWLINK_TOKEN</code>.
        </p>
      </div>
    </Dialog>
  )
}
