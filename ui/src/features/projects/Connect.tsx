/** An access to GitHub is given: a token or an App. It is tried before it is kept, and never shown again. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { ApiError, call } from '@/api/client'
import type { AccessWanted, ConnectionTold, ProjectTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Select, TextArea, TextField } from '@/kit/Field'
import { toast } from '@/kit/toast'
import { useMay } from '@/nouns/may'

type Kind = ConnectionTold['kind']
type Whose = ConnectionTold['of']
const KINDS: ReadonlyArray<{ value: Kind; label: string; hint: string }> = [
  { value: 'token', label: 'Token', hint: "Acts as the person whose it is" },
  { value: 'app', label: 'GitHub App', hint: 'Acts as itself, and can be told of check runs' },
]
const SECONDS_AT_MOST = 75

export interface ConnectProps {
  project: ProjectTold
  onConnected(told: ConnectionTold): void
  onClose(): void
}

export function Connect({ project, onConnected, onClose }: ConnectProps) {
  const client = useQueryClient()
  const [kind, setKind] = useState<Kind>('token')
  const [whose, setWhose] = useState<Whose>('project')
  const [token, setToken] = useState('')
  const [app, setApp] = useState('')
  const [key, setKey] = useState('')
  const [installation, setInstallation] = useState('')
  const isAdmin = useMay('admin:system')
  const choices: ReadonlyArray<{ value: Whose; label: string; hint: string }> = [
    { value: 'project', label: 'This project', hint: 'Whoever asks for something in it' },
    { value: 'mine', label: 'Mine', hint: 'What I ask for, in projects that have none' },
    ...(isAdmin ? [{ value: 'installation' as const, label: 'The whole hub', hint: 'All projects and people that have none' }] : []),
  ]
  const connect = useMutation({
    mutationFn: () => {
      const access: AccessWanted = kind === 'token' ? { token: token.trim() } : { app_id: app.trim(), private_key: key.trim(), installation_id: installation.trim() || null }
      const body = whose === 'project' ? access : { ...access, repository: project.github_repo_url }
      if (whose === 'project') return call('PUT /api/projects/{project_id}/connection', { path: { project_id: project.id }, body, seconds: SECONDS_AT_MOST })
      return call(whose === 'mine' ? 'PUT /api/connections/mine' : 'PUT /api/connections/installation', { body, seconds: SECONDS_AT_MOST })
    },
    onSuccess: async (told) => {
      await client.resetQueries({ queryKey: ['GET /api/projects/{project_id}/connection'] })
      onConnected(told)
      toast(`Connected as ${told.as_whom}`)
      onClose()
    },
  })
  const canSend = (kind === 'token' ? token.trim() !== '' : app.trim() !== '' && key.trim() !== '') && !connect.isPending
  const send = (event?: FormEvent) => {
    event?.preventDefault()
    if (canSend) connect.mutate()
  }
  const repository = `${project.github_repo_owner}/${project.github_repo_name}`
  return (
    <Dialog
      title={`Connect ${repository}`}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!canSend} onPress={() => send()}>
            {connect.isPending ? 'Trying it…' : 'Try and connect'}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4" onSubmit={send}>
        <div className="grid gap-3 sm:grid-cols-2">
          <Select label="By" choices={KINDS} value={kind} onChange={(next) => setKind(next)} />
          <Select label="For" choices={choices} value={whose} onChange={(next) => setWhose(next)} hint={choices.find(({ value }) => value === whose)?.hint} />
        </div>
        {kind === 'token' ? (
          <TextField autoFocus label="Token" type="password" autoComplete="off" value={token} onChange={setToken} hint="A fine-grained token for this repository: contents, pull requests and issues, read and write; checks and commit statuses, read." />
        ) : (
          <>
            <div className="grid gap-3 sm:grid-cols-2">
              <TextField label="App ID" inputMode="numeric" value={app} onChange={setApp} />
              <TextField label="Installation" inputMode="numeric" value={installation} onChange={setInstallation} placeholder="the one of this repository" />
            </div>
            <TextArea label="Private key" rows={5} value={key} onChange={setKey} placeholder="-----BEGIN RSA PRIVATE KEY-----" hint="The PEM file that GitHub made for the App." />
          </>
        )}
        <p className="text-12 text-fg-3">It is tried on {repository} before it is kept, and kept encrypted on the hub. Nobody is shown it again.</p>
        {connect.error && (
          <div role="alert" className="flex flex-col gap-1 rounded-8 bg-bad-soft px-3 py-2 text-bad">
            <p className="break-words">{connect.error.message}</p>
            {connect.error instanceof ApiError && connect.error.status === 502 && (
              <a href="https://github.com/settings/personal-access-tokens/new" target="_blank" rel="noopener noreferrer" className="inline-flex items-center gap-1.5 self-start font-medium text-accent-text underline">
                <ExternalLink size={14} aria-hidden />
                Make a token on GitHub
              </a>
            )}
          </div>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
