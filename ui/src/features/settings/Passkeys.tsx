/** One's passkeys: made, named and removed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Cloud, KeyRound, Pencil, Plus, Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { ask, call } from '@/api/client'
import type { PasskeyTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Confirm, Dialog } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { Loaded } from '@/kit/states'
import { Status } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { knowsPasskeys, makePasskey } from '@/nouns/passkey'
import { programOf } from './program'
import { Section } from './Section'

const LIST = 'GET /api/auth/passkeys'
type Open = { what: 'new' } | { what: 'name' | 'remove'; passkey: PasskeyTold }

export function Passkeys() {
  const { data: methods } = useQuery(ask('GET /api/auth/methods'))
  const [open, setOpen] = useState<Open | null>(null)
  const isOffered = methods?.methods.includes('passkey') ?? true
  const why = !isOffered ? 'This hub has no name with TLS, at which browsers know passkeys: its administrator sets CLAWLINK_PUBLIC_URL.' : knowsPasskeys() ? '' : 'This browser knows no passkeys.'
  const close = () => setOpen(null)
  return (
    <Section
      title="Passkeys"
      about="A key in your device, opened by finger, face or PIN. There is nothing to guess or to phish."
      action={
        !why && (
          <Button icon={Plus} onPress={() => setOpen({ what: 'new' })}>
            Add a passkey
          </Button>
        )
      }
    >
      {why ? (
        <p className="px-4 py-3 text-fg-2">{why}</p>
      ) : (
        <Loaded query={ask(LIST)} what="Your passkeys">
          {(passkeys) =>
            passkeys.length === 0 ? (
              <p className="px-4 py-3 text-fg-2">You have none yet.</p>
            ) : (
              <ul className="divide-y divide-line">
                {passkeys.map((passkey) => (
                  <Line key={passkey.id} passkey={passkey} onName={() => setOpen({ what: 'name', passkey })} onRemove={() => setOpen({ what: 'remove', passkey })} />
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
      {(open?.what === 'new' || open?.what === 'name') && <Naming passkey={open.what === 'name' ? open.passkey : undefined} onClose={close} />}
      <Removing passkey={open?.what === 'remove' ? open.passkey : null} onClose={close} />
    </Section>
  )
}

function Line({ passkey: { name, backed_up, made_at, used_at }, onName, onRemove }: { passkey: PasskeyTold; onName(): void; onRemove(): void }) {
  return (
    <li className="flex items-center gap-3 px-4 py-2">
      <KeyRound size={16} aria-hidden className="shrink-0 text-fg-3" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-3 font-medium">
          <span className="min-w-0 truncate">{name}</span>
          {backed_up && (
            <Status icon={Cloud} tone="plain" bare title="It is also elsewhere than in one device">
              Synced
            </Status>
          )}
        </p>
        <p className="text-12 text-fg-2">
          Made <Time at={made_at} />, {used_at ? <>used <Time at={used_at} /></> : 'not used yet'}
        </p>
      </div>
      <IconButton name={`Rename ${name}`} icon={Pencil} onPress={onName} />
      <IconButton name={`Remove ${name}`} icon={Trash2} onPress={onRemove} />
    </li>
  )
}

/** A new one, or another name for one there is. */
function Naming({ passkey, onClose }: { passkey: PasskeyTold | undefined; onClose(): void }) {
  const client = useQueryClient()
  const [name, setName] = useState(passkey?.name ?? programOf(navigator.userAgent))
  const save = useMutation({
    mutationFn: async () =>
      passkey
        ? call('PATCH /api/auth/passkeys/{passkey_id}', { path: { passkey_id: passkey.id }, body: { name: name.trim() } })
        : call('POST /api/auth/passkeys', { body: { name: name.trim(), credential: await makePasskey() } }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [LIST] })
      toast(passkey ? 'Renamed' : 'Passkey added: you can sign in with it from now on.')
      onClose()
    },
  })
  const canSend = name.trim() !== '' && !save.isPending
  const send = (event?: FormEvent) => {
    event?.preventDefault()
    if (canSend) save.mutate()
  }
  return (
    <Dialog
      title={passkey ? `Rename ${passkey.name}` : 'Add a passkey'}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" isDisabled={!canSend} onPress={() => send()}>
            {passkey ? 'Rename' : save.isPending ? 'Waiting for the device…' : 'Make it'}
          </Button>
        </>
      }
    >
      <form onSubmit={send}>
        <TextField label="Name" autoFocus value={name} onChange={setName} maxLength={64} hint="By which you know it again, such as the device it is in." error={save.error?.message} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}

function Removing({ passkey, onClose }: { passkey: PasskeyTold | null; onClose(): void }) {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: (id: string) => call('DELETE /api/auth/passkeys/{passkey_id}', { path: { passkey_id: id } }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [LIST] })
      toast('Passkey removed')
    },
    onError: toastError,
  })
  return (
    <Confirm title={`Remove ${passkey?.name ?? ''}?`} verb="Remove passkey" isOpen={passkey !== null} onClose={onClose} onConfirm={() => passkey && remove.mutate(passkey.id)}>
      It no longer signs you in. Remove it from your device or password manager as well, where it would still be offered.
    </Confirm>
  )
}
