/** All versions of the policy, newest first, each to read and to put in force again. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, History, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { VersionTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Time } from '@/kit/figures'
import { EmptyState, Loaded, Skeleton } from '@/kit/states'
import { Badge } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { Refusal } from '../Part'
import { sorted } from './draft'

export function Versions({ project }: { project: number | undefined }) {
  const client = useQueryClient()
  const [chosen, setChosen] = useState<VersionTold | null>(null)
  const restore = useMutation({
    mutationFn: (version: number) => call('POST /api/policies/restore', { query: { project_id: project }, body: { version } }),
    onSuccess: (made, version) => {
      toast(`Version ${version} is in force again, as version ${made.version}`)
      void client.invalidateQueries({ predicate: ({ queryKey: [operation] }) => String(operation).startsWith('GET /api/policies') })
    },
    onError: toastError,
  })
  return (
    <Loaded query={ask('GET /api/policies/versions', { query: { project_id: project } })} what="The versions">
      {(versions) =>
        versions.length === 0 ? (
          <EmptyState icon={History}>No policy was ever in force here; each that is becomes a version that can be restored.</EmptyState>
        ) : (
          <>
            <ol className="flex flex-col gap-3">
              {versions.map((one) => (
                <Version key={one.version} version={one} project={project} onRestore={one.active ? undefined : () => setChosen(one)} />
              ))}
            </ol>
            <Confirm title={`Restore version ${chosen?.version}?`} isOpen={chosen !== null} isDangerous={false} verb="Restore" onClose={() => setChosen(null)} onConfirm={() => chosen && restore.mutate(chosen.version)}>
              It comes into force at once, as a new version, if its tests pass.
            </Confirm>
          </>
        )
      }
    </Loaded>
  )
}

function Version({ version: { version, active, changed_by, changed_at }, project, onRestore }: { version: VersionTold; project: number | undefined; onRestore: (() => void) | undefined }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <li className="rounded-8 border border-line bg-surface">
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 py-1 pr-2 pl-1">
        <Button kind="quiet" icon={isOpen ? ChevronDown : ChevronRight} aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
          Version {version}
        </Button>
        {active && <Badge tone="ok">In force</Badge>}
        <span className="text-fg-2">
          {changed_by}, <Time at={changed_at} />
        </span>
        {onRestore && (
          <Button kind="quiet" icon={RotateCcw} className="ml-auto" aria-label={`Restore version ${version}`} onPress={onRestore}>
            Restore
          </Button>
        )}
      </div>
      {isOpen && <Text version={version} project={project} />}
    </li>
  )
}

function Text({ version, project }: { version: number; project: number | undefined }) {
  const { data, error } = useQuery(ask('GET /api/policies/versions/{version}', { path: { version }, query: { project_id: project } }))
  return (
    <div className="flex flex-col gap-3 border-t border-line p-3">
      <Refusal error={error} />
      {!data && !error && <Skeleton />}
      {data &&
        sorted(data.modules).map((name) => (
          <figure key={name}>
            <figcaption className="mb-1 font-mono text-12 text-fg-2">{name}</figcaption>
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
            <pre tabIndex={0} role="region" aria-label={`${name} of version ${version}`} className="max-h-80 overflow-auto rounded-6 border border-line bg-sunken px-3 py-2 text-12 leading-5">
              {data.modules[name]}
            </pre>
          </figure>
        ))}
    </div>
  )
}
