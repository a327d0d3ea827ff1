/** Merging is asked for once more: how, what speaks against it, and only the commit that is seen here. */
import { useQuery, type UseMutationResult } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '@/api/client'
import type { PullRequestTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Select } from '@/kit/Field'
import { METHODS, type MergeMethod } from './pulls'
import { factsOf } from './PullState'

export interface MergeProps {
  pull: PullRequestTold
  project: number
  act: UseMutationResult<PullRequestTold, Error, MergeMethod>
  onClose(): void
}

export function Merge({ pull, project, act, onClose }: MergeProps) {
  const { data: connection } = useQuery({ ...ask('GET /api/projects/{project_id}/connection', { path: { project_id: project } }), retry: false })
  const [chosen, setChosen] = useState<MergeMethod | null>(null)
  const method = chosen ?? connection?.answers.merge ?? 'squash'
  const against = factsOf(pull).filter(({ tone }) => tone !== 'ok')
  const actions = (
    <>
      <Button onPress={onClose}>Cancel</Button>
      <Button kind="primary" isDisabled={act.isPending} onPress={() => act.mutate(method, { onSuccess: onClose })}>
        {act.isPending ? 'Merging…' : `Merge #${pull.number}`}
      </Button>
    </>
  )
  return (
    <Dialog title={`Merge #${pull.number} into ${pull.base}`} isOpen onClose={onClose} actions={actions}>
      <div className="flex flex-col gap-4">
        <p className="text-fg-2">
          The commit <code>{pull.head.slice(0, 9)}</code> is merged, and no other: if the branch has moved on, the host refuses. The task is done then.
        </p>
        {(against.length > 0 || pull.draft) && (
          <p className="rounded-8 bg-warn-soft px-3 py-2 text-warn">{[pull.draft && 'It is a draft', ...against.map(({ children }) => children)].filter(Boolean).join('. ')}.</p>
        )}
        <Select label="How" choices={METHODS} value={method} onChange={(next) => setChosen(next)} />
        {act.error && (
          <p role="alert" className="break-words text-bad">
            {act.error.message}
          </p>
        )}
      </div>
    </Dialog>
  )
}
