/** All versions of the layer, newest first, each with what it changed, and a way back. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { History as HistoryIcon, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { ask, call } from '@/api/client'
import type { AgentTold, ConfigurationTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Confirm } from '@/kit/Dialog'
import { Lines, Time } from '@/kit/figures'
import { join } from '@/kit/look'
import { EmptyState, Loaded } from '@/kit/states'
import { Badge } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { difference, type Line } from './lines'
import { toml } from './toml'

export interface HistoryProps {
  agent: AgentTold
  layer: ConfigurationTold
  /** Something is unsaved, which an old version would take away. */
  isBlocked: boolean
}

export function History({ agent, layer, isBlocked }: HistoryProps) {
  const client = useQueryClient()
  const [chosen, setChosen] = useState<ConfigurationTold | null>(null)
  const query = { project_id: layer.project_id ?? undefined }
  const restore = useMutation({
    mutationFn: (version: number) => call('POST /api/agents/{name}/configuration/restore', { path: { name: agent.name }, query, body: { version } }),
    onSuccess: (made, version) => {
      toast(`Version ${version} is back, as version ${made.version}`)
      void client.invalidateQueries({ queryKey: ['GET /api/agents/{name}/configuration'] })
      void client.invalidateQueries({ queryKey: ['GET /api/agents/{name}/configuration/versions'] })
    },
    onError: toastError,
  })
  return (
    <Loaded query={ask('GET /api/agents/{name}/configuration/versions', { path: { name: agent.name }, query })} what="The versions">
      {(versions) =>
        versions.length === 0 ? (
          <EmptyState icon={HistoryIcon}>Nothing was ever configured here; each saved change becomes a version that can be restored.</EmptyState>
        ) : (
          <>
            <ol className="mx-auto flex max-w-4xl flex-col gap-4 p-4 pb-12">
              {versions.map((version, index) => (
                <Version
                  key={version.version}
                  version={version}
                  before={versions[index + 1]}
                  isLatest={index === 0}
                  onRestore={agent.may_configure && !isBlocked && index > 0 ? () => setChosen(version) : undefined}
                />
              ))}
            </ol>
            <Confirm
              title={`Restore version ${chosen?.version}?`}
              isOpen={chosen !== null}
              isDangerous={false}
              verb="Restore"
              onClose={() => setChosen(null)}
              onConfirm={() => chosen && restore.mutate(chosen.version)}
            >
              It becomes a new version, which later attempts work with. Those at work keep theirs.
            </Confirm>
          </>
        )
      }
    </Loaded>
  )
}

function Version({ version, before, isLatest, onRestore }: { version: ConfigurationTold; before: ConfigurationTold | undefined; isLatest: boolean; onRestore: (() => void) | undefined }) {
  const lines = difference(before ? toml(before.configuration) : '', toml(version.configuration))
  const count = (sign: Line['sign']) => lines.filter((line) => line.sign === sign).length
  return (
    <li className="overflow-hidden rounded-8 border border-line bg-surface">
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 py-1 pr-2 pl-3">
        <h2 className="text-13">Version {version.version}</h2>
        {isLatest && <Badge tone="ok">Now</Badge>}
        <span className="text-fg-2">
          {version.changed_by}, {version.changed_at && <Time at={version.changed_at} />}
        </span>
        <Lines additions={count('+')} deletions={count('-')} />
        {onRestore && (
          <Button kind="quiet" icon={RotateCcw} className="ml-auto" aria-label={`Restore version ${version.version}`} onPress={onRestore}>
            Restore
          </Button>
        )}
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
      <pre tabIndex={0} role="region" aria-label={`What version ${version.version} changed`} className="max-h-72 overflow-auto border-t border-line bg-sunken py-1 leading-5">
        {lines.length === 0 && <span className="px-3 text-fg-3">It says nothing.</span>}
        {lines.map(({ sign, text }, index) => (
          <div key={index} className={join('px-3', sign === '+' && 'bg-ok-soft text-ok', sign === '-' && 'bg-bad-soft text-bad')}>
            {sign} {text}
          </div>
        ))}
      </pre>
    </li>
  )
}
