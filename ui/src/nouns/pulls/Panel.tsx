/** One pull request whole: how it stands on its host, each of its checks, and what can be done about it. */
import { CircleCheck, CircleDashed, CircleMinus, CircleX, GitMerge, MessageCircleWarning, RefreshCw, TriangleAlert, Wrench } from 'lucide-react'
import { useState } from 'react'
import type { PullCheckTold, PullRequestTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Time } from '@/kit/figures'
import { pageAt } from '@/kit/pageAt'
import { Status, type StatusProps } from '@/kit/Status'
import { Visible } from '@/kit/Visible'
import { useMay } from '../may'
import { Merge } from './Merge'
import { usePullActs } from './pulls'
import { isToMend, PullFacts, PullState } from './PullState'

export default function Panel({ task, project, pull }: { task: number; project: number; pull: PullRequestTold }) {
  const [isMerging, setMerging] = useState(false)
  const acts = usePullActs(task, pull)
  const mayWrite = useMay('project:write', project)
  const isOpen = pull.state === 'open'
  return (
    <article aria-label={`Pull request ${pull.number}`} className="flex flex-col gap-3 rounded-8 border border-line bg-surface p-3">
      <div className="flex min-w-0 items-start gap-2">
        <div className="flex min-w-0 flex-1 flex-col gap-1">
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <PullState pull={pull} />
            <a href={pageAt(pull.url)} target="_blank" rel="noopener noreferrer nofollow" className="inline-flex min-h-6 min-w-0 items-center gap-1.5 font-medium hover:underline pointer-coarse:min-h-11">
              <span className="text-fg-3 tabular-nums">#{pull.number}</span>
              <span className="truncate">
                <Visible text={pull.title} />
              </span>
            </a>
          </span>
          <span className="text-12 break-words text-fg-3">
            {pull.place}: <code>{pull.branch}</code> into <code>{pull.base}</code>
          </span>
        </div>
        {isOpen && mayWrite && <IconButton name={`Look at #${pull.number} now`} icon={RefreshCw} isDisabled={acts.refresh.isPending} onPress={() => acts.refresh.mutate()} />}
      </div>
      {isOpen && (
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1 empty:hidden">
          <PullFacts pull={pull} />
          {pull.comments > 0 && (
            <Status bare icon={MessageCircleWarning} tone="plain">
              {pull.comments === 1 ? '1 remark' : `${pull.comments} remarks`}
            </Status>
          )}
          {pull.rounds > 0 && (
            <Status bare icon={Wrench} tone="plain" title="Prompts that came of it since a person acted last">
              {pull.rounds === 1 ? 'Mended once' : `Mended ${pull.rounds} times`}
            </Status>
          )}
        </span>
      )}
      {pull.check_list.length > 0 && (
        <ul aria-label={`Checks of #${pull.number}`} className="flex flex-wrap gap-x-4 gap-y-1">
          {pull.check_list.map((check) => (
            <li key={check.name} className="min-w-0">
              <Check check={check} />
            </li>
          ))}
        </ul>
      )}
      {(pull.needs ?? pull.error) && (
        <p role="alert" className="flex items-start gap-2 text-bad">
          <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
          <span className="min-w-0 break-words">{pull.needs ?? pull.error}</span>
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {isOpen && mayWrite && (
          <>
            <Button kind={isToMend(pull) || pull.draft ? 'plain' : 'primary'} icon={GitMerge} onPress={() => setMerging(true)}>
              Merge…
            </Button>
            {pull.draft && (
              <Button isDisabled={acts.ready.isPending} onPress={() => acts.ready.mutate()}>
                Mark as ready
              </Button>
            )}
            {(isToMend(pull) || pull.comments > 0) && (
              <Button kind={isToMend(pull) ? 'primary' : 'plain'} icon={Wrench} isDisabled={acts.answer.isPending} onPress={() => acts.answer.mutate()}>
                Ask the agent to mend it
              </Button>
            )}
          </>
        )}
        <span className="ml-auto text-12 text-fg-3">
          {pull.ended_at ? (
            <>
              {pull.state === 'merged' ? 'Merged' : 'Closed'} <Time at={pull.ended_at} />
            </>
          ) : pull.looked_at ? (
            <>
              Looked at <Time at={pull.looked_at} />
            </>
          ) : (
            'Not looked at yet'
          )}
        </span>
      </div>
      {isMerging && <Merge pull={pull} project={project} act={acts.merge} onClose={() => setMerging(false)} />}
    </article>
  )
}

const CHECKS: Record<PullCheckTold['state'], Pick<StatusProps, 'icon' | 'tone'> & { says: string }> = {
  passed: { icon: CircleCheck, tone: 'ok', says: 'passed' },
  failed: { icon: CircleX, tone: 'bad', says: 'failed' },
  pending: { icon: CircleDashed, tone: 'run', says: 'runs' },
  neutral: { icon: CircleMinus, tone: 'plain', says: 'was skipped' },
}

function Check({ check: { name, state, url } }: { check: PullCheckTold }) {
  const { icon, tone, says } = CHECKS[state]
  const at = pageAt(url ?? null)
  const status = <Status bare icon={icon} tone={tone}>{`${name} ${says}`}</Status>
  return at ? (
    <a href={at} target="_blank" rel="noopener noreferrer nofollow" className="inline-flex min-h-6 items-center hover:underline pointer-coarse:min-h-11">
      {status}
    </a>
  ) : (
    status
  )
}
