/** Whether the audit is whole: each row carries the hash of the one before it, and signed checkpoints say where it stood. And taking it along. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Download, PenLine, ShieldAlert, ShieldCheck, ShieldQuestion } from 'lucide-react'
import { call } from '@/api/client'
import type { Chain, CheckpointTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { download } from '@/kit/csv'
import { Time } from '@/kit/figures'
import { buttonLook, join } from '@/kit/look'
import { Card } from '@/kit/Page'
import { Status } from '@/kit/Status'
import { Cell, Row, Table } from '@/kit/Table'
import { toast, toastError } from '@/kit/toast'

const VERIFY_SECONDS = 300
const COLUMNS = [{ label: 'Row' }, { label: 'Signed' }, { label: 'Hash' }, { label: 'Key' }]
const EXPORTS = [
  ['jsonl', 'JSON lines', 'As it is kept, with the hashes'],
  ['ocsf', 'OCSF', 'For a SIEM: Open Cybersecurity Schema Framework'],
] as const

export function ChainPart() {
  const client = useQueryClient()
  const verify = useMutation({ mutationKey: ['audit.verify'], mutationFn: () => call('GET /api/audit/chain', { seconds: VERIFY_SECONDS }) })
  const sign = useMutation({
    mutationFn: () => call('POST /api/audit/checkpoints'),
    onSuccess: (made) => {
      toast(made ? `Signed at row ${made.seq.toLocaleString('en')}` : 'Its end is signed already')
      if (verify.data) verify.mutate()
      void client.invalidateQueries({ queryKey: ['GET /api/audit'] })
    },
    onError: toastError,
  })
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
        <div aria-live="polite">
          {verify.data && <Verdict chain={verify.data} />}
          {verify.error && <p className="text-bad">{verify.error.message}</p>}
        </div>
      </Card>
      <section aria-label="Checkpoints" className="flex flex-col gap-3">
        <div className="flex flex-wrap items-end gap-3">
          <div className="min-w-60 flex-1">
            <h2 className="text-14">Checkpoints</h2>
            <p className="text-12 text-fg-2">A signature on where the chain ends. Kept outside of this hub, it shows if rows were cut off or written anew.</p>
          </div>
          <Button icon={PenLine} isDisabled={sign.isPending} onPress={() => sign.mutate()}>
            Sign now
          </Button>
          {verify.data && verify.data.checkpoints.length > 0 && (
            <Button icon={Download} onPress={() => download('audit-checkpoints.json', JSON.stringify(verify.data.checkpoints, null, 2), 'application/json')}>
              Take along
            </Button>
          )}
        </div>
        {verify.data ? <Checkpoints checkpoints={verify.data.checkpoints} /> : <p className="rounded-8 border border-dashed border-line-strong p-4 text-center text-fg-2">Verify shows them.</p>}
      </section>
      <section aria-label="Export" className="flex flex-col gap-3">
        <div>
          <h2 className="text-14">Export</h2>
          <p className="text-12 text-fg-2">All of it, oldest first, an event a line.</p>
        </div>
        <ul className="divide-y divide-line rounded-8 border border-line bg-surface">
          {EXPORTS.map(([form, name, about]) => (
            <li key={form} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 pr-2 pl-4">
              <span className="font-medium">{name}</span>
              <span className="min-w-40 flex-1 text-12 text-fg-2">{about}</span>
              <a href={`/api/audit/export?form=${form}`} download className={join(buttonLook('quiet'))}>
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

function Verdict({ chain: { broken, at, events, seconds, head, signed, latest } }: { chain: Chain }) {
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
      <p className="text-12">
        Its last hash: <code className="break-all">{head}</code>
      </p>
    </div>
  )
}

function Checkpoints({ checkpoints }: { checkpoints: readonly CheckpointTold[] }) {
  if (checkpoints.length === 0) return <p className="rounded-8 border border-dashed border-line-strong p-4 text-center text-fg-2">Nothing is signed yet: sign where the chain ends now.</p>
  return (
    <Table label="Checkpoints" columns={COLUMNS}>
      {checkpoints.toReversed().map(({ seq, at, hash, key }) => (
        <Row key={seq}>
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
        </Row>
      ))}
    </Table>
  )
}
