/** Devices whose own key signs in for a person: how far each is trusted, and taking that back. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleSlash, Laptop, ShieldCheck, ShieldMinus, ShieldPlus, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import type { DeviceTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Select, Switch } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'
import { Part } from './Part'

type Trust = DeviceTold['trust']
const PAGE = 200
const TRUST: Record<Trust, { label: string; hint: string; icon: LucideIcon }> = {
  low: { label: 'Low', hint: 'It looks and changes nothing', icon: ShieldMinus },
  normal: { label: 'Normal', hint: 'All but what needs an administrator', icon: ShieldCheck },
  high: { label: 'High', hint: 'All that its person may', icon: ShieldPlus },
}
const CHOICES = (Object.keys(TRUST) as Trust[]).map((value) => ({ value, label: TRUST[value].label, hint: TRUST[value].hint }))
const COLUMNS = [{ label: 'Device' }, { label: 'Whose' }, { label: 'Trust', className: 'w-36' }, { label: 'State' }, { label: 'Seen' }, { label: 'Revoke', isHidden: true }]

export function Devices() {
  const [revoked, setRevoked] = useState(false)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['GET /api/devices', { of: 'everybody', revoked }],
    queryFn: ({ pageParam, signal }) => call('GET /api/devices', { query: { everybody: true, revoked, after: pageParam, limit: PAGE }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => (last.length === PAGE ? last.at(-1)!.id : undefined),
  })
  const devices = data?.pages.flat()
  return (
    <Part
      about="Machines that sign in by a key of their own, without a password. What one may is what its person may, narrowed by how far it is trusted."
      actions={
        <Switch isSelected={revoked} onChange={setRevoked}>
          Revoked ones too
        </Switch>
      }
    >
      {error && !devices ? (
        <ErrorState what="The devices could not be read." error={error} onRetry={() => void refetch()} />
      ) : !devices ? (
        <Skeleton />
      ) : devices.length === 0 ? (
        <EmptyState icon={Laptop}>No device is paired. People make a code for one in their settings.</EmptyState>
      ) : (
        <Table label="Devices" columns={COLUMNS}>
          {devices.map((device) => (
            <Device key={device.id} device={device} />
          ))}
        </Table>
      )}
      {hasNextPage && (
        <Button className="self-center" isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </Part>
  )
}

function Device({ device }: { device: DeviceTold }) {
  const client = useQueryClient()
  const [isLeaving, setLeaving] = useState(false)
  const path = { device_id: device.id }
  const again = () => client.invalidateQueries({ queryKey: ['GET /api/devices'] })
  const trust = useMutation({
    mutationFn: (wanted: Trust) => call('PATCH /api/devices/{device_id}', { path, body: { trust: wanted } }),
    onSuccess: (_, wanted) => toast(`${device.name}: ${TRUST[wanted].label.toLowerCase()} trust from now on`),
    onError: toastError,
    onSettled: again,
  })
  const revoke = useMutation({
    mutationFn: () => call('DELETE /api/devices/{device_id}', { path }),
    onSuccess: () => toast(`${device.name} is revoked`),
    onError: toastError,
    onSettled: again,
  })
  const isPaired = device.state === 'paired'
  return (
    <Row>
      <Cell isHead>
        {device.name}
        <p className="text-12 font-normal text-fg-2" title="Six words of its key, which the device shows too">
          {device.fingerprint}
        </p>
      </Cell>
      <Cell>{device.user}</Cell>
      <Cell>
        {isPaired ? (
          <Select label={`Trust of ${device.name}`} hideLabel value={trust.isPending ? trust.variables : device.trust} choices={CHOICES} onChange={(wanted: Trust) => wanted !== device.trust && trust.mutate(wanted)} />
        ) : (
          TRUST[device.trust].label
        )}
      </Cell>
      <Cell>
        <Status bare icon={isPaired ? CircleCheck : CircleSlash} tone={isPaired ? 'ok' : 'plain'}>
          {isPaired ? 'Paired' : 'Revoked'}
        </Status>
        {device.revoked_at && (
          <p className="text-12 text-fg-2">
            by {device.revoked_by}, <Time at={device.revoked_at} />
          </p>
        )}
      </Cell>
      <Cell className="text-fg-2">{device.seen_at ? <Time at={device.seen_at} /> : 'Never'}</Cell>
      <Cell className="text-right">
        {isPaired && (
          <Button kind="quiet" icon={CircleSlash} aria-label={`Revoke ${device.name}`} onPress={() => setLeaving(true)}>
            Revoke
          </Button>
        )}
        <Confirm title={`Revoke ${device.name}?`} isOpen={isLeaving} verb="Revoke" onClose={() => setLeaving(false)} onConfirm={() => revoke.mutate()}>
          What it has open closes within a second, and its key opens nothing any more. It can be paired anew.
        </Confirm>
      </Cell>
    </Row>
  )
}
