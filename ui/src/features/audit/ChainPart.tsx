/** Whether the audit is whole: each row carries the hash of the one before it, and signed checkpoints say where it stood. And taking it along. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, Download, PenLine, Scissors, ShieldAlert, ShieldCheck, ShieldQuestion } from 'lucide-react'
import { call } from '@/api/client'
import type { Chain, CheckpointTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { download } from '@/kit/csv'
import { Time } from '@/kit/figures'
import { buttonLook, join } from '@/kit/look'
import { Card } from '@/kit/Page'
import { ErrorState, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'

const VERIFY_SECONDS = 300
const PAGE = 50
const COLUMNS = [{ label: 'Row' }, { label: 'Signed' }, { label: 'Hash' }, { label: 'Key' }, { label: 'Told to' }]
const EXPORTS = [
  ['jsonl', 'JSON lines', 'As it is kept, with the hashes'],
  ['ocsf', 'OCSF', 'For a SIEM: Open Cybersecurity Schema Framework'],
  ['csv', 'CSV', 'A table for spreadsheets'],
] as const

export function ChainPart() {
  const verify = useMutation({ mutationFn: () => call('GET /api/audit/chain', { seconds: VERIFY_SECONDS }) })
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-4 p-4 pb-12">
      <Card className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center gap-3">
          <div className="min-w-60 flex-1">
            <h2 className="text-14">Is it whole?</h2>
            <p className="text-12 text-fg-2">Each row carries the hash of the one before it. All of it is reckoned anew: about ten seconds for a million events.</p>
          </div>
          <Button kind="primary" icon={ShieldQuestion} isDisabled={verify.isPending} onPress={() => verify.mutate()}>
            {verify.isPending ? 'Verifying…' : 'Verify'}
          </Button>
        </div>
        <div aria-live="polite" className="empty:-mt-3">
          {verify.data && <Verdict chain={verify.data} />}
          {verify.error && <p className="text-bad">{verify.error.message}</p>}
        </div>
      </Card>
      <Checkpoints />
      <section aria-label="Export" className="flex flex-col gap-3">
        <div>
          <h2 className="text-14">Export</h2>
          <p className="text-12 text-fg-2">All of it, oldest first, an event a line.</p>
        </div>
        <ul className="divide-y divide-line rounded-8 border border-line bg-surface">
          {EXPORTS.map(([form, name, about]) => (
            <li key={form} className="flex items-center gap-3 py-2 pr-2 pl-4">
              <p className="min-w-0 flex-1">
                <span className="block font-medium">{name}</span>
                <span className="block text-12 text-fg-2">{about}</span>
              </p>
              <a href={`/api/audit/export?form=${form}`} download className={buttonLook('quiet')}>
                <Download size={16} aria-hidden />
                Download<span className="sr-only"> {name}</span>
              </a>
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}

function Verdict({ chain: { broken, at, events, seconds, head, signed, latest, first, cuts, sinks_away } }: { chain: Chain }) {
  return (
    <div className={join('flex flex-col gap-2 rounded-6 p-3', broken ? 'bg-bad-soft' : 'bg-ok-soft')}>
      <Status bare icon={broken ? ShieldAlert : ShieldCheck} tone={broken ? 'bad' : 'ok'}>
        {broken ? `It does not hold at row ${at?.toLocaleString('en')}` : 'It holds'}
      </Status>
      {broken && <p className="font-medium break-words text-bad">{broken}</p>}
      <p className="tabular-nums">
        {events.toLocaleString('en')} events in {seconds.toFixed(1)} s; {signed.toLocaleString('en')} {signed === 1 ? 'checkpoint agrees' : 'checkpoints agree'}
        {latest !== null && `, the last at row ${latest.toLocaleString('en')}`}.
      </p>
      {cuts.length > 0 && (
        <p className="flex items-center gap-2">
          <Scissors size={14} aria-hidden className="shrink-0" />
          It begins at row {first.toLocaleString('en')}: what is older lies in {cuts.length === 1 ? 'a file' : `${cuts.length} files`} of the data directory, signed where it was cut.
        </p>
      )}
      {Object.entries(sinks_away).map(([sink, why]) => (
        <p key={sink} className="flex items-center gap-2 text-warn">
          <CircleAlert size={14} aria-hidden className="shrink-0" />
          {sink} has not taken a checkpoint: {why}
        </p>
      ))}
      <p className="text-12">
        Its last hash: <code className="break-all">{head}</code>
      </p>
    </div>
  )
}

function Checkpoints() {
  const client = useQueryClient()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['GET /api/audit/checkpoints', {}],
    queryFn: ({ pageParam, signal }) => call('GET /api/audit/checkpoints', { query: { before: pageParam, limit: PAGE }, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) => (last.length === PAGE ? last.at(-1)!.seq : undefined),
    staleTime: 0,
  })
  const sign = useMutation({
    mutationFn: () => call('POST /api/audit/checkpoints'),
    onSuccess: (made) => toast(made ? `Signed at row ${made.seq.toLocaleString('en')}` : 'Its end is signed already'),
    onError: toastError,
    onSettled: () => client.invalidateQueries({ queryKey: ['GET /api/audit/checkpoints'] }),
  })
  const checkpoints = data?.pages.flat()
  return (
    <section aria-label="Checkpoints" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-3">
        <div className="min-w-60 flex-1">
          <h2 className="text-14">Checkpoints</h2>
          <p className="text-12 text-fg-2">A signature on where the chain ends. Kept outside of this hub, it shows if rows were cut off or written anew.</p>
        </div>
        {checkpoints && checkpoints.length > 0 && (
          <Button icon={Download} onPress={() => download('audit-checkpoints.json', JSON.stringify(checkpoints, null, 2), 'application/json')}>
            Take along
          </Button>
        )}
        <Button icon={PenLine} isDisabled={sign.isPending} onPress={() => sign.mutate()}>
          Sign now
        </Button>
      </div>
      {error && !checkpoints ? (
        <ErrorState what="The checkpoints could not be read." error={error} onRetry={() => void refetch()} />
      ) : !checkpoints ? (
        <Skeleton />
      ) : checkpoints.length === 0 ? (
        <p className="rounded-8 border border-dashed border-line-strong p-4 text-center text-fg-2">Nothing is signed yet: sign where the chain ends now.</p>
      ) : (
        <Table label="Checkpoints as a table" columns={COLUMNS}>
          {checkpoints.map((one) => (
            <Checkpoint key={one.seq} checkpoint={one} />
          ))}
        </Table>
      )}
      {hasNextPage && (
        <Button className="self-center" isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show older
        </Button>
      )}
    </section>
  )
}

function Checkpoint({ checkpoint: { seq, at, hash, key, sent } }: { checkpoint: CheckpointTold }) {
  return (
    <Row>
      <Cell isHead className="tabular-nums">
        {seq.toLocaleString('en')}
      </Cell>
      <Cell className="text-fg-2">
        <Time at={at} />
      </Cell>
      <Cell>
        <code className="text-12" title={hash}>
          {hash.slice(0, 16)}…
        </code>
      </Cell>
      <Cell>
        <code className="text-12" title={key}>
          {key.slice(0, 12)}…
        </code>
      </Cell>
      <Cell>
        <span className="flex flex-wrap gap-x-3">
          {Object.entries(sent ?? {}).map(([sink, told]) => (
            <Status key={sink} bare icon={told.at ? CircleCheck : CircleAlert} tone={told.at ? 'ok' : 'warn'} title={told.why ?? undefined}>
              {sink}
            </Status>
          ))}
        </span>
      </Cell>
    </Row>
  )
}
