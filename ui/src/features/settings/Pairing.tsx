/** A code to type into the device; and once it has come, the words of its key, which both sides show. */
import { useMutation } from '@tanstack/react-query'
import { CircleCheck, RefreshCw } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { call } from '@/api/client'
import type { DeviceTold, PairingMade } from '@/api/schema'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { Dialog } from '@/kit/Dialog'
import { span, useNow } from '@/kit/figures'
import { Skeleton } from '@/kit/states'

export interface PairingProps {
  /** The devices that are known by now. */
  known: readonly DeviceTold[]
  /** Look whether it has come. */
  onLook(): void
  onClose(): void
}

export function Pairing({ known, onLook, onClose }: PairingProps) {
  const [before] = useState(() => new Set(known.map(({ id }) => id)))
  const make = useMutation({ mutationFn: () => call('POST /api/devices/pairings', { body: { trust: 'normal' } }) })
  const begin = useEffectEvent(() => make.mutate())
  useEffect(() => begin(), [])
  const come = known.find(({ id }) => !before.has(id))
  return (
    <Dialog
      title="Pair a device"
      isOpen
      onClose={onClose}
      actions={
        come ? (
          <Button kind="primary" onPress={onClose}>
            The words are the same
          </Button>
        ) : (
          <>
            <Button onPress={onClose}>Close</Button>
            <Button icon={RefreshCw} isDisabled={!make.data} onPress={onLook}>
              Has it come?
            </Button>
          </>
        )
      }
    >
      {come ? (
        <Come device={come} />
      ) : make.data ? (
        <Code pairing={make.data} isNew={make.isPending} onAnew={() => make.mutate()} />
      ) : make.error ? (
        <p role="alert" className="text-bad">
          {make.error.message}
        </p>
      ) : (
        <Skeleton rows={3} />
      )}
    </Dialog>
  )
}

function Code({ pairing: { code, expires_at }, isNew, onAnew }: { pairing: PairingMade; isNew: boolean; onAnew(): void }) {
  const left = useNow((now) => Math.max(0, Math.floor((Date.parse(expires_at) - now) / 1000)))
  return (
    <div className="flex flex-col gap-4">
      <p>On the device, run this within ten minutes. It makes a key there, which never leaves it.</p>
      <CommandLine>{`clawlink device pair ${location.origin} --code ${code}`}</CommandLine>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <p className="text-20 font-semibold tracking-widest">
          <code className="text-20" aria-label="The code">
            {code}
          </code>
        </p>
        {left > 0 ? (
          <p className="text-12 text-fg-2 tabular-nums">Good for one device, {span(left)} more</p>
        ) : (
          <Button isDisabled={isNew} onPress={onAnew}>
            It has run out: make another
          </Button>
        )}
      </div>
      <p className="text-12 text-fg-2">Whoever types it in first has your device's place. Say it to nobody.</p>
    </div>
  )
}

function Come({ device: { name, fingerprint } }: { device: DeviceTold }) {
  return (
    <div className="flex flex-col gap-3">
      <p className="flex items-center gap-2 font-medium text-ok">
        <CircleCheck size={16} aria-hidden />
        {name} is paired.
      </p>
      <p>It shows six words of its key. Are they these?</p>
      <p role="group" aria-label="The words of its key" className="rounded-8 border border-line bg-sunken px-3 py-2 text-16 font-medium">
        {fingerprint}
      </p>
      <p className="text-12 text-fg-2">If they are not, somebody else was faster: revoke it at once.</p>
    </div>
  )
}
