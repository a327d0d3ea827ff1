/** One run: what it is, what has happened, what it asks, and the place to ask for more. Above: the route. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowRightLeft, Copy, Ellipsis, FileDiff, Filter, FilterX, Play, ReceiptText, ScrollText, Square } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { ask } from '@/api/client'
import type { RunDetail } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { useCommands } from '@/kit/commands'
import { useHotkey } from '@/kit/hotkeys'
import { buttonLook } from '@/kit/look'
import { Menu, MenuItem } from '@/kit/Menu'
import { Page } from '@/kit/Page'
import { ErrorState, Loaded, Skeleton } from '@/kit/states'
import { toast, toastError } from '@/kit/toast'
import { useMay } from '@/nouns/may'
import { ENDED, RunState } from '@/nouns/RunState'
import { Composer } from './Composer'
import type { Deed } from './dialogs'
import { textOf } from './entries'
import { Facts, Standstill } from './Facts'
import { OpenQuestions } from './OpenQuestions'
import type { Story } from './story'
import { Timeline } from './Timeline'
import { useStory } from './useStory'

const Deeds = lazy(() => import('./dialogs'))
const ReceiptPanel = lazy(() => import('./ReceiptPanel'))
const GROUP = 'Run'
const route = getRouteApi('/runs/$id/')

export function RunPage() {
  const { id } = route.useParams()
  const query = ask('GET /api/runs/{run_id}', { path: { run_id: id } })
  const { data } = useQuery(query)
  if (data) return <Shown key={data.id} run={data} />
  return (
    <Page title="Run">
      <Loaded query={query} what="The run" skeleton={<Skeleton rows={8} />}>
        {() => null}
      </Loaded>
    </Page>
  )
}

function Shown({ run }: { run: RunDetail }) {
  const { focus = false, receipt = false } = route.useSearch()
  const navigate = route.useNavigate()
  const [deed, setDeed] = useState<Deed | null>(null)
  const { story, version, error, isPending, refetch } = useStory(run.id)
  const setFocus = (isOn: boolean) => void navigate({ search: (now) => ({ ...now, focus: isOn || undefined }), replace: true, hash: true })
  const setReceipt = (isOn: boolean) => void navigate({ search: (now) => ({ ...now, receipt: isOn || undefined }), hash: true })
  const maySubmit = useMay('task:submit', run.project_id)
  const mayResume = maySubmit && run.state === 'waiting' && (run.wait?.reason === 'budget' || run.wait?.reason === 'quota')
  const hasEnded = ENDED.has(run.state)

  useHotkey({ id: 'run.review', keys: 'v', label: 'Open the review', group: GROUP, isOff: run.head === null }, () => void navigate({ to: '/runs/$id/review', params: { id: run.id } }))
  useHotkey({ id: 'run.stop', keys: 'shift+s', label: 'Stop the run', group: GROUP, isOff: !run.may_cancel }, () => setDeed('stop'))
  useCommands(`run ${run.id} ${run.state} ${run.may_cancel} ${maySubmit}`, () => [
    ...(run.may_cancel ? [{ id: 'run.stop', label: 'Stop the run', group: `Run #${run.number}`, icon: Square, run: () => setDeed('stop') }] : []),
    ...(maySubmit ? [{ id: 'run.handover', label: 'Hand over to another agent', group: `Run #${run.number}`, icon: ArrowRightLeft, run: () => setDeed('handover') }] : []),
    { id: 'run.receipt', label: 'Show the receipt', group: `Run #${run.number}`, icon: ReceiptText, run: () => setReceipt(true) },
  ])

  const actions = (
    <>
      <IconButton name={focus ? 'Show all' : 'Focus: hide the noise of tools'} icon={focus ? FilterX : Filter} hotkey="F" kind={focus ? 'plain' : 'quiet'} onPress={() => setFocus(!focus)} />
      {run.head !== null && (
        <Link to="/runs/$id/review" params={{ id: run.id }} className={buttonLook(hasEnded || run.wait?.reason === 'review' ? 'primary' : 'plain')}>
          <FileDiff size={16} aria-hidden />
          <span>Review</span>
        </Link>
      )}
      {mayResume && (
        <Button kind="primary" icon={Play} onPress={() => setDeed('resume')}>
          Resume
        </Button>
      )}
      {run.may_cancel && (
        <Button icon={Square} onPress={() => setDeed('stop')}>
          Stop
        </Button>
      )}
      <Menu label="More" trigger={<IconButton name="More" icon={Ellipsis} />}>
        {maySubmit && (
          <MenuItem icon={ArrowRightLeft} onAction={() => setDeed('handover')}>
            Hand over to another agent…
          </MenuItem>
        )}
        <MenuItem icon={ReceiptText} onAction={() => setReceipt(true)}>
          Receipt
        </MenuItem>
        <MenuItem icon={Copy} onAction={() => copyAll(story)}>
          Copy the timeline
        </MenuItem>
        <MenuItem icon={ScrollText} href={`/api/runs/${run.id}/log`}>
          Log of the agent's program
        </MenuItem>
      </Menu>
    </>
  )
  return (
    <Page
      isBare
      title={
        <>
          <span className="font-normal text-fg-3 tabular-nums">#{run.number}</span> {run.title}
        </>
      }
      beside={<RunState run={run} />}
      actions={actions}
    >
      <Facts run={run} />
      <Standstill run={run} />
      {error && story.entries.length === 0 ? (
        <ErrorState what="The timeline could not be read." error={error} onRetry={() => void refetch()} />
      ) : isPending && story.entries.length === 0 ? (
        <div className="flex-1 p-4">
          <Skeleton rows={8} />
        </div>
      ) : (
        <Timeline story={story} version={version} isFocused={focus} onFocus={setFocus} />
      )}
      <OpenQuestions run={run} />
      <Composer run={run} />
      <Suspense fallback={null}>
        {deed && <Deeds deed={deed} run={run} onClose={() => setDeed(null)} />}
        {receipt && <ReceiptPanel run={run.id} hasOne={run.state === 'completed'} onClose={() => setReceipt(false)} />}
      </Suspense>
    </Page>
  )
}

function copyAll(story: Story): void {
  const text = story.entries.map((entry) => `${entry.at} ${entry.kind}\n${textOf(entry)}\n`).join('\n')
  navigator.clipboard.writeText(text).then(() => toast('Timeline copied'), toastError)
}
