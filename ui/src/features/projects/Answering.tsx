/** What becomes of what the host tells of the project's pull requests: each by itself, and how often. Kept as it is changed. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '@/api/client'
import type { Answers, ProjectTold } from '@/api/schema'
import { Select, Switch } from '@/kit/Field'
import { toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { METHODS } from '@/nouns/pulls/pulls'

const ROUNDS = [0, 1, 2, 3, 5, 10, 20].map((count) => ({ value: String(count), label: count === 0 ? 'Never by itself' : count === 1 ? 'Once' : `${count} times` }))

const DRAFTS = [
  { value: 'unproven', label: 'As its checks say', hint: 'A draft as long as no check has passed' },
  { value: 'never', label: 'Ready for review', hint: undefined },
  { value: 'always', label: 'Draft', hint: undefined },
] as const

export function Answering({ project, answers }: { project: ProjectTold; answers: Answers }) {
  const client = useQueryClient()
  const mayWrite = useMay('project:write', project.id)
  const change = useMutation({
    mutationFn: (changes: Answers) => call('PUT /api/projects/{project_id}/connection/answers', { path: { project_id: project.id }, body: { ...answers, ...changes } }),
    onSuccess: (told) => client.setQueryData(['GET /api/projects/{project_id}/connection', { project_id: project.id }], told),
    onError: toastError,
  })
  const { checks = true, reviews = true, conflicts = true, propose = false, rounds_at_most: rounds = 3, merge = 'squash', draft = 'unproven' } = { ...answers, ...(change.isPending ? change.variables : {}) }
  const turn = (isOn: boolean, changes: (isOn: boolean) => Answers, says: ReactNode) => (
    <Switch isSelected={isOn} isDisabled={!mayWrite} onChange={(next) => change.mutate(changes(next))}>
      {says}
    </Switch>
  )
  const known = ROUNDS.some(({ value }) => value === String(rounds)) ? ROUNDS : [...ROUNDS, { value: String(rounds), label: `${rounds} times` }]
  return (
    <fieldset className="flex flex-col gap-1 border-t border-line pt-3">
      <legend className="float-left mb-1 w-full text-12 font-medium text-fg-2">What happens by itself</legend>
      {turn(propose, (propose) => ({ propose }), 'A completed run opens a pull request')}
      {turn(checks, (checks) => ({ checks }), 'An agent mends failed checks')}
      {turn(reviews, (reviews) => ({ reviews }), 'An agent answers reviews of members and collaborators')}
      {turn(conflicts, (conflicts) => ({ conflicts }), 'Conflicts with the default branch are resolved')}
      <div className="mt-2 grid gap-3 sm:grid-cols-3">
        <Select label="At most, until a person acts" isDisabled={!mayWrite} choices={known} value={String(rounds)} onChange={(next) => change.mutate({ rounds_at_most: Number(next) })} />
        <Select label="Begins as" isDisabled={!mayWrite} choices={DRAFTS} value={draft} onChange={(next) => change.mutate({ draft: next })} />
        <Select label="Merged as" isDisabled={!mayWrite} choices={METHODS} value={merge} onChange={(next) => change.mutate({ merge: next })} />
      </div>
    </fieldset>
  )
}
