/** GitHub may tell the hub at once what it would else ask for: the address and the secret for that, which is shown this once. */
import { useMutation } from '@tanstack/react-query'
import { Webhook as Hook } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { Confirm, Dialog } from '@/kit/Dialog'
import { toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'

export function Webhook() {
  const [isAsking, setAsking] = useState(false)
  const isAdmin = useMay('admin:system')
  const make = useMutation({ mutationFn: () => call('POST /api/github/webhook_secret'), onError: toastError })
  if (!isAdmin) return null
  return (
    <div className="flex flex-wrap items-center gap-3 border-t border-line pt-3">
      <p className="min-w-60 flex-1 text-fg-2">Pull requests are looked at every few minutes. With a webhook they are as soon as something happens; the hub must be reachable from GitHub for that.</p>
      <Button icon={Hook} isDisabled={make.isPending} onPress={() => setAsking(true)}>
        Webhook…
      </Button>
      <Confirm title="Make the webhook's secret?" verb="Make the secret" isDangerous={false} isOpen={isAsking} onClose={() => setAsking(false)} onConfirm={() => make.mutate()}>
        One secret counts for the whole hub. If there was one before, GitHub must be told the new one everywhere.
      </Confirm>
      {make.data && (
        <Dialog title="Tell GitHub of this hub" isOpen onClose={() => make.reset()} actions={<Button onPress={() => make.reset()}>I have it</Button>}>
          <div className="flex flex-col gap-4">
            <p className="text-fg-2">
              In the repository under Settings → Webhooks → Add webhook, with content type <code>{make.data.content_type}</code>, and the events pull requests, reviews, review comments, check runs, statuses, pushes and issues. The secret is shown only now.
            </p>
            <div className="flex flex-col gap-1">
              <span className="text-12 font-medium text-fg-2">Payload URL</span>
              <CommandLine>{make.data.url}</CommandLine>
            </div>
            <div className="flex flex-col gap-1">
              <span className="text-12 font-medium text-fg-2">Secret</span>
              <CommandLine>{make.data.secret}</CommandLine>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  )
}
