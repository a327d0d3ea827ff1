/** Where else people may prove who they are, and what belonging to a group gives them here. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, KeySquare, Pencil, Plus, SearchCheck, Trash2, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { ProviderTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Copy } from '@/kit/Copy'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { EmptyState, Loaded } from '@/kit/states'
import { Badge, Status } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { ROLES } from '@/nouns/roles'
import { GroupRoles } from './GroupRoles'
import { Part } from './Part'
import { ProviderDialog } from './ProviderDialog'

export function SignIn({ mayProviders, mayGroups }: { mayProviders: boolean; mayGroups: boolean }) {
  return <Part about="Beside passwords and passkeys, people may sign in where they have an account already; their groups there can give roles here.">{[mayProviders && <Providers key="providers" />, mayGroups && <GroupRoles key="groups" />]}</Part>
}

function Providers() {
  const [open, setOpen] = useState<ProviderTold | 'new' | null>(null)
  useHotkey({ id: 'admin.provider', keys: 'n', label: 'Add a provider', group: 'Administration' }, () => setOpen('new'))
  const add = (
    <Button kind="primary" icon={Plus} onPress={() => setOpen('new')}>
      Add a provider
    </Button>
  )
  return (
    <section aria-label="Providers" className="flex flex-col gap-3">
      <Loaded query={ask('GET /api/providers')} what="The providers">
        {(providers) => (
          <>
            <div className="flex flex-wrap items-center gap-3">
              <h2 className="flex-1 text-14">Providers</h2>
              {providers.length > 0 && add}
            </div>
            {providers.length === 0 ? (
              <EmptyState icon={KeySquare} action={add}>
                People sign in with what this hub keeps alone: no provider is set up. Press N.
              </EmptyState>
            ) : (
              <ul className="flex flex-col gap-3">
                {providers.map((one) => (
                  <Provider key={one.name} provider={one} onEdit={() => setOpen(one)} />
                ))}
              </ul>
            )}
          </>
        )}
      </Loaded>
      {open && <ProviderDialog provider={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
    </section>
  )
}

function Provider({ provider: { name, kind, issuer, callback, settings, changed_by, changed_at }, onEdit }: { provider: ProviderTold; onEdit(): void }) {
  const client = useQueryClient()
  const [isLeaving, setLeaving] = useState(false)
  const check = useMutation({ mutationFn: () => call('POST /api/providers/{name}/check', { path: { name } }), onError: toastError })
  const remove = useMutation({
    mutationFn: () => call('DELETE /api/providers/{name}', { path: { name } }),
    onSuccess: () => toast(`Nobody signs in at ${name} any more`),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/providers'] }),
  })
  const who = settings?.sign_up ? `whoever can sign in there becomes a ${ROLES[settings.role ?? 'guest'].label.toLowerCase()}` : 'only those who were invited or are known'
  return (
    <li className="flex flex-col gap-3 rounded-8 border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <KeySquare size={20} aria-hidden className="text-fg-3" />
        <div className="min-w-0 flex-1 basis-60">
          <h3 className="flex items-center gap-2 text-14 font-semibold">
            {settings?.label ?? name} <Badge>{kind === 'oidc' ? 'OpenID Connect' : 'GitHub'}</Badge>
          </h3>
          <p className="text-12 break-all text-fg-2">{issuer}</p>
        </div>
        <Button icon={SearchCheck} isDisabled={check.isPending} aria-label={`Check ${name}`} onPress={() => check.mutate()}>
          {check.isPending ? 'Asking…' : 'Check'}
        </Button>
        <IconButton name={`Change ${name}`} icon={Pencil} onPress={onEdit} />
        <IconButton name={`Remove ${name}`} icon={Trash2} onPress={() => setLeaving(true)} />
      </div>
      <p className="text-12 text-fg-2">
        It lets in {who}. Set by {changed_by}, <Time at={changed_at} />.
      </p>
      <div className="flex items-center gap-2 rounded-6 border border-line bg-sunken pl-3">
        <p className="min-w-0 flex-1 py-1.5 text-12">
          <span className="text-fg-2">It must be told that it may send browsers back to </span>
          <code className="break-all">{callback}</code>
        </p>
        <Copy text={callback} name={`Copy the address of ${name}`} />
      </div>
      <div aria-live="polite" className="empty:-mt-3">
        {check.data &&
          (check.data.wrong.length === 0 ? (
            <Status icon={CircleCheck} tone="ok">
              Nothing is wrong that can be seen without signing in
            </Status>
          ) : (
            <ul className="flex flex-col gap-1 rounded-6 bg-warn-soft p-3 text-warn">
              {check.data.wrong.map((one) => (
                <li key={one} className="flex items-start gap-2">
                  <TriangleAlert size={14} aria-hidden className="mt-0.5 shrink-0" />
                  <span className="min-w-0 break-words">{one}</span>
                </li>
              ))}
            </ul>
          ))}
      </div>
      <Confirm title={`Remove ${name}?`} isOpen={isLeaving} verb="Remove" onClose={() => setLeaving(false)} onConfirm={() => remove.mutate()}>
        Nobody signs in there any more, and the roles of its groups are gone. People stay.
      </Confirm>
    </li>
  )
}
