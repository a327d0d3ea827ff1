/** What became of its results outside: each pull request whole, what is on its way, and how to look at a branch where there are none. */
import { CircleDashed, CircleX, GitBranch } from 'lucide-react'
import type { DeliveryTold, TaskTold } from '@/api/schema'
import { CommandLine } from '@/kit/Copy'
import { Status } from '@/kit/Status'
import Panel from '@/nouns/pulls/Panel'
import { usePulls } from '@/nouns/pulls/pulls'
import { Section } from './Section'

export default function PullRequests({ task }: { task: TaskTold }) {
  const { data } = usePulls(task.id)
  if (!data) return null
  const latest = [...new Map(data.deliveries.toReversed().map((one) => [one.repository, one])).values()]
  const shown = latest.filter(({ state, compare }) => state === 'wanted' || state === 'pushed' || state === 'failed' || compare !== null)
  if (data.pull_requests.length + shown.length === 0) return null
  return (
    <Section title="Pull requests" count={data.pull_requests.length}>
      {data.pull_requests.map((pull) => (
        <Panel key={`${pull.place}#${pull.number}`} task={task.id} project={task.project_id} pull={pull} />
      ))}
      {shown.map((one) => (
        <OnItsWay key={one.id} delivery={one} />
      ))}
    </Section>
  )
}

function OnItsWay({ delivery: { repository, branch, state, error, compare, tries } }: { delivery: DeliveryTold }) {
  const where = (
    <code className="min-w-0 break-all text-fg-2">
      {repository && `${repository}: `}
      {branch}
    </code>
  )
  if (state === 'done')
    return (
      <div className="flex flex-col gap-2 rounded-8 border border-line bg-surface p-3">
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Status icon={GitBranch} tone="ok">
            Pushed
          </Status>
          {where}
        </span>
        {compare && <CommandLine>{compare}</CommandLine>}
      </div>
    )
  return (
    <div className="flex flex-col gap-1 rounded-8 border border-line bg-surface p-3">
      <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Status icon={state === 'failed' ? CircleX : CircleDashed} tone={state === 'failed' ? 'bad' : 'run'}>
          {state === 'failed' ? 'Not delivered' : state === 'wanted' ? 'Is being pushed' : 'Is being proposed'}
        </Status>
        {where}
      </span>
      {error && (
        <p className="break-words text-fg-2">
          {error}
          {state !== 'failed' && tries > 0 && ' It is tried again by itself.'}
        </p>
      )}
    </div>
  )
}
