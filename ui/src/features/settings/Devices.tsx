/** Devices: machines whose own key signs in for one, without a password. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Laptop, Plus, ShieldCheck, ShieldMinus, ShieldPlus, Trash2, type LucideIcon } from 'lucide-react'
import { useEffect, useState } from 'react'
import { ask, call } from '@/api/client'
import type { DeviceTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { EmptyState, Loaded } from '@/kit/states'
import { Status, type Tone } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { Pairing } from './Pairing'
import { Section } from './Section'

const LIST = 'GET /api/devices'
type Trust = DeviceTold['trust']
const TRUST: Record<Trust, { label: string; act: string; hint: string; tone: Tone; icon: LucideIcon }> = {
  low: { label: 'Looks only', act: 'Let it look only', hint: 'It looks and changes nothing', tone: 'plain', icon: ShieldMinus },
  normal: { label: 'Normal trust', act: 'Trust it normally', hint: 'What you may, but for what needs an administrator', tone: 'ok', icon: ShieldCheck },
  high: { label: 'High trust', act: 'Trust it highly', hint: 'All that you may', tone: 'accent', icon: ShieldPlus },
}

export default function Devices() {
  const client = useQueryClient()
  const [isPairing, setPairing] = useState(false)
  const [doomed, setDoomed] = useState<DeviceTold | null>(null)
  const again = () => client.invalidateQueries({ queryKey: [LIST] })
  // A device is paired elsewhere: who comes back from there sees it.
  useEffect(() => {
    const look = () => void client.invalidateQueries({ queryKey: [LIST] })
    addEventListener('focus', look)
    return () => removeEventListener('focus', look)
  }, [client])
  const revoke = useMutation({
    mutationFn: (device: DeviceTold) => call('DELETE /api/devices/{device_id}', { path: { device_id: device.id } }),
    async onSuccess() {
      await again()
      toast('Revoked: its sessions have ended')
    },
    onError: toastError,
  })
  const trust = useMutation({
    mutationFn: ({ device, to }: { device: DeviceTold; to: Trust }) => call('PATCH /api/devices/{device_id}', { path: { device_id: device.id }, body: { trust: to } }),
    onSuccess: again,
    onError: toastError,
  })
  const pair = (
    <Button kind="primary" icon={Plus} onPress={() => setPairing(true)}>
      Pair a device
    </Button>
  )
  return (
    <Loaded query={{ ...ask(LIST), staleTime: 0 }} what="Your devices">
      {(devices) => (
        <Section title="Devices" about="Machines whose own key signs in for you. Lost one? Revoke it: it is out within a second." action={devices.length > 0 && pair}>
          {devices.length === 0 ? (
            <EmptyState icon={Laptop} action={pair}>
              You have paired no device. The command line on a paired machine is signed in for good.
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {devices.map((device) => (
                <Line key={device.id} device={device} onTrust={(to) => trust.mutate({ device, to })} onRevoke={() => setDoomed(device)} />
              ))}
            </ul>
          )}
          {isPairing && <Pairing known={devices} onLook={again} onClose={() => setPairing(false)} />}
          <Confirm title={`Revoke ${doomed?.name ?? ''}?`} verb="Revoke device" isOpen={doomed !== null} onClose={() => setDoomed(null)} onConfirm={() => doomed && revoke.mutate(doomed)}>
            Its key opens nothing any more, and all that it has open is closed at once. To use it again, pair it anew.
          </Confirm>
        </Section>
      )}
    </Loaded>
  )
}

function Line({ device: { name, fingerprint, trust, made_at, seen_at }, onTrust, onRevoke }: { device: DeviceTold; onTrust(to: Trust): void; onRevoke(): void }) {
  const { data: me } = useQuery(ask('GET /api/me'))
  const mayRaise = useMay('admin:users') && me !== undefined
  const { label, hint, tone, icon } = TRUST[trust]
  // Less by oneself; more by an administrator alone.
  const others = (Object.keys(TRUST) as Trust[]).filter((one) => one !== trust && (mayRaise || ORDER.indexOf(one) < ORDER.indexOf(trust)))
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
      <Laptop size={16} aria-hidden className="shrink-0 text-fg-3" />
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-3 font-medium">
          <span className="min-w-0 truncate">{name}</span>
          <Status icon={icon} tone={tone} bare title={hint}>
            {label}
          </Status>
        </p>
        <p className="text-12 break-words text-fg-2">
          Its key: <span className="text-fg">{fingerprint}</span>
        </p>
        <p className="text-12 text-fg-2">
          Paired <Time at={made_at} />, {seen_at ? <>signed in <Time at={seen_at} /></> : 'has not signed in yet'}
        </p>
      </div>
      <div className="ml-auto flex flex-wrap justify-end gap-1">
        {others.map((to) => (
          <Button key={to} kind="quiet" icon={TRUST[to].icon} onPress={() => onTrust(to)} aria-label={`${TRUST[to].act}: ${name}`}>
            {TRUST[to].act}
          </Button>
        ))}
        <Button kind="quiet" icon={Trash2} onPress={onRevoke} aria-label={`Revoke ${name}`}>
          Revoke
        </Button>
      </div>
    </li>
  )
}

const ORDER: readonly Trust[] = ['low', 'normal', 'high']
