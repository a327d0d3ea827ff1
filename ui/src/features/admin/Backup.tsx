/** A backup of all that the hub knows: made now, taken along as one file. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { DatabaseBackup, Download } from 'lucide-react'
import { ask } from '@/api/client'
import { fileOf } from '@/api/file'
import { Button } from '@/kit/Button'
import { CommandLine } from '@/kit/Copy'
import { download } from '@/kit/csv'
import { Time } from '@/kit/figures'
import { Card } from '@/kit/Page'
import { Loaded } from '@/kit/states'
import { toast } from '@/kit/toast'
import { Part, Refusal, Section } from './Part'
import { sizeOf } from './sizes'

export function Backup() {
  const client = useQueryClient()
  const make = useMutation({
    mutationFn: () => fileOf('POST /api/backup'),
    onSuccess: ({ name, content }) => {
      download(name, content)
      toast(`The backup is made: ${sizeOf(content.size)}`)
      void client.invalidateQueries({ queryKey: ['GET /api/backup'] })
    },
  })
  return (
    <Part about="All that this hub knows, as it is at one moment, in one file. Secrets are in it only sealed; the key to them is not.">
      <Card className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center gap-4">
          <DatabaseBackup size={24} aria-hidden className="text-fg-3" />
          <div className="min-w-40 flex-1">
            <Loaded query={{ ...ask('GET /api/backup'), staleTime: 0 }} what="When the last backup was made" skeleton={<p className="text-fg-3">…</p>}>
              {(last) =>
                last ? (
                  <>
                    <p className="font-medium">
                      The last one: <Time at={last.made_at} />
                    </p>
                    <p className="text-12 text-fg-2">
                      By {last.by}, {sizeOf(last.size)}
                    </p>
                  </>
                ) : (
                  <p className="font-medium">No backup was made yet.</p>
                )
              }
            </Loaded>
          </div>
          <Button kind="primary" icon={Download} isDisabled={make.isPending} onPress={() => make.mutate()}>
            {make.isPending ? 'Making it…' : 'Make a backup'}
          </Button>
        </div>
        <Refusal error={make.error} />
      </Card>
      <Section title="To restore it" about="A hub that serves does not replace itself: this is done on its machine, while it does not run.">
        <CommandLine>clawlink restore hub.backup --data FOLDER</CommandLine>
      </Section>
      <Section title="By itself, each night" about="On the hub's machine, from whatever starts things there.">
        <CommandLine>clawlink backup /var/backups/hub-$(date +%F).backup</CommandLine>
      </Section>
    </Part>
  )
}
