/** The hub's own secrets: that there are such, and since when. No value is ever shown. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { ApiError, ask, call } from '@/api/client'
import type { SecretTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { EmptyState, Loaded } from '@/kit/states'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'
import { FormDialog } from './FormDialog'
import { Part } from './Part'

const COLUMNS = [{ label: 'Name' }, { label: 'Set by' }, { label: 'When' }, { label: 'Change', isHidden: true, className: 'w-28' }]

export function Secrets() {
  const client = useQueryClient()
  const [open, setOpen] = useState<string | null>(null)
  const [leaving, setLeaving] = useState<SecretTold | null>(null)
  const [isRotating, setRotating] = useState(false)
  useHotkey({ id: 'admin.secret', keys: 'n', label: 'Set a secret', group: 'Administration' }, () => setOpen(''))
  const again = () => client.invalidateQueries({ queryKey: ['GET /api/secrets'] })
  const remove = useMutation({
    mutationFn: ({ name }: SecretTold) => call('DELETE /api/secrets/{name}', { path: { name } }),
    onSuccess: (_, { name }) => toast(`${name} is gone`),
    onError: toastError,
    onSettled: again,
  })
  const rotate = useMutation({
    mutationFn: () => call('POST /api/secrets/rotate-key'),
    onSuccess: ({ secrets }) => toast(`${secrets} ${secrets === 1 ? 'secret is' : 'secrets are'} sealed with a new key`),
    onError: toastError,
    onSettled: again,
  })
  const add = (
    <Button kind="primary" icon={Plus} onPress={() => setOpen('')}>
      Set a secret
    </Button>
  )
  return (
    <Part
      about="What this hub itself needs to know of others: keys of code hosts, of providers, of its own. What agents are given lies on the nodes, and is set there."
      actions={
        <>
          <Button icon={RefreshCw} isDisabled={rotate.isPending} onPress={() => setRotating(true)}>
            New key
          </Button>
          {add}
        </>
      }
    >
      <Loaded query={ask('GET /api/secrets')} what="The secrets’ names">
        {(secrets) =>
          secrets.length === 0 ? (
            <EmptyState icon={KeyRound}>This hub keeps no secret yet. Press N.</EmptyState>
          ) : (
            <Table label="Secrets" columns={COLUMNS} width="min-w-120">
              {secrets.map((one) => (
                <Row key={one.name}>
                  <Cell isHead>
                    <code className="break-all">{one.name}</code>
                  </Cell>
                  <Cell className="text-fg-2">{one.set_by}</Cell>
                  <Cell className="text-fg-2">
                    <Time at={one.set_at} />
                  </Cell>
                  <Cell>
                    <span className="flex justify-end">
                      <IconButton name={`Set ${one.name} anew`} icon={RefreshCw} onPress={() => setOpen(one.name)} />
                      <IconButton name={`Remove ${one.name}`} icon={Trash2} onPress={() => setLeaving(one)} />
                    </span>
                  </Cell>
                </Row>
              ))}
            </Table>
          )
        }
      </Loaded>
      {open !== null && <SecretDialog name={open} onClose={() => setOpen(null)} />}
      <Confirm title={`Remove ${leaving?.name}?`} isOpen={leaving !== null} verb="Remove" onClose={() => setLeaving(null)} onConfirm={() => leaving && remove.mutate(leaving)}>
        It cannot be brought back: only its sealed form is kept, and that goes.
      </Confirm>
      <Confirm title="Seal all secrets with a new key?" isOpen={isRotating} isDangerous={false} verb="Make a new key" onClose={() => setRotating(false)} onConfirm={() => rotate.mutate()}>
        The old key is forgotten. Other hubs on the same database need the new file <code>secrets.key</code>; backups made before need the old one.
      </Confirm>
    </Part>
  )
}

function SecretDialog({ name: given, onClose }: { name: string; onClose(): void }) {
  const client = useQueryClient()
  const [name, setName] = useState(given)
  const [value, setValue] = useState('')
  const set = useMutation({
    mutationFn: () => call('PUT /api/secrets/{name}', { path: { name: name.trim() }, body: { value } }),
    onSuccess: (saved) => {
      toast(`${saved.name} is set`)
      void client.invalidateQueries({ queryKey: ['GET /api/secrets'] })
      onClose()
    },
  })
  const fields = set.error instanceof ApiError ? set.error.fields : {}
  return (
    <FormDialog title={given ? `Set ${given} anew` : 'Set a secret'} verb="Set" isReady={name.trim() !== '' && value !== ''} isPending={set.isPending} error={Object.keys(fields).length ? null : set.error} onSend={() => set.mutate()} onClose={onClose}>
      <TextField autoFocus={!given} label="Name" value={name} onChange={setName} isDisabled={given !== ''} error={fields.name} autoComplete="off" />
      <TextField autoFocus={given !== ''} label="Value" type="password" value={value} onChange={setValue} error={fields.value} autoComplete="off" hint="It is sealed at once, and nobody can read it here again." />
    </FormDialog>
  )
}
