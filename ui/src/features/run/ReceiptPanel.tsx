/** The proof of a run's result on one page: every fact, the same as JSON, and how anybody can check its digest. Loaded when opened. */
import { CircleCheck, CircleX, Copy, ReceiptText } from 'lucide-react'
import type { ReactNode } from 'react'
import { ask } from '@/api/client'
import type { Receipt } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { Lines, Money, Time } from '@/kit/figures'
import { EmptyState, Loaded } from '@/kit/states'
import { Badge, Status } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'

export default function ReceiptPanel({ run, hasOne, onClose }: { run: string; hasOne: boolean; onClose(): void }) {
  return (
    <Dialog title="Receipt" isOpen onClose={onClose} place="side">
      {hasOne ? (
        <Loaded query={ask('GET /api/runs/{run_id}/receipt', { path: { run_id: run } })} what="The receipt">
          {(receipt) => <Facts receipt={receipt} />}
        </Loaded>
      ) : (
        <EmptyState icon={ReceiptText}>A receipt is issued when the run has completed.</EmptyState>
      )}
    </Dialog>
  )
}

function Facts({ receipt }: { receipt: Receipt }) {
  const { policy } = receipt
  const copy = (text: string, told: string) => navigator.clipboard.writeText(text).then(() => toast(told), toastError)
  return (
    <div className="flex flex-col gap-5">
      <Part title="Result">
        <Fact name="Task">{receipt.task ?? '—'}</Fact>
        <Fact name="Project">{receipt.project ?? '—'}</Fact>
        <Fact name="Branch">{mono(receipt.branch)}</Fact>
        <Fact name="Commit">{mono(receipt.head)}</Fact>
        <Fact name="On top of">{mono(receipt.base)}</Fact>
        <Fact name="Changes">{receipt.files === null ? 'none' : <>{receipt.files} files <Lines additions={receipt.additions ?? 0} deletions={receipt.deletions ?? 0} /></>}</Fact>
        <Fact name="Reviewed by">{receipt.reviewer ?? 'nobody'}</Fact>
      </Part>
      <Part title="Checks">
        {receipt.checks.length === 0 && <p className="col-span-2 text-fg-2">The project demands none.</p>}
        {receipt.checks.map((check) => (
          <Fact key={`${check.name} ${check.round}`} name={check.name}>
            {check.passed ? <Status bare icon={CircleCheck} tone="ok">Passed</Status> : <Status bare icon={CircleX} tone="bad">Failed</Status>}{' '}
            {mono(check.command)} <span className="text-fg-2">{check.seconds.toFixed(1)} s</span>
          </Fact>
        ))}
      </Part>
      <Part title="Made by">
        <Fact name="Requested by">{receipt.requester}</Fact>
        <Fact name="Agent">{[receipt.agent, receipt.agent_version].filter(Boolean).join(', ')}</Fact>
        <Fact name="Model">{receipt.model ?? '—'}</Fact>
        <Fact name="Node">{receipt.node ?? '—'}</Fact>
        <Fact name="Sandbox">{receipt.sandbox ?? '—'}</Fact>
        <Fact name="Attempts">{receipt.attempts}</Fact>
        <Fact name="Began">{receipt.started_at ? <Time at={receipt.started_at} /> : '—'}</Fact>
        <Fact name="Ended">{receipt.ended_at ? <Time at={receipt.ended_at} /> : '—'}</Fact>
      </Part>
      <Part title="Spent">
        <Fact name="Model calls">{receipt.calls ?? 0}</Fact>
        <Fact name="Tokens">{receipt.input_tokens === null ? '—' : `${receipt.input_tokens.toLocaleString('en')} in (${(receipt.cached_tokens ?? 0).toLocaleString('en')} cached), ${(receipt.output_tokens ?? 0).toLocaleString('en')} out`}</Fact>
        <Fact name="Cost"><Money usd={receipt.cost_usd} /></Fact>
      </Part>
      <Part title="Allowed">
        <Fact name="Configuration">{policy.configured || '—'}</Fact>
        <Fact name="Where no rule decides">{policy.mode === 'auto' ? 'allowed' : policy.mode === 'ask' ? 'asked' : 'as the node says'}</Fact>
        <Fact name="Rules">{policy.rules} {mono(policy.rules_sha256.slice(0, 16))}</Fact>
        <Fact name="Answers">{policy.answers.length ? policy.answers.map((one) => <span key={one.question} className="block">{one.tool}: {one.effect.replace('_', ' ')}, {one.by}</span>) : 'nobody was asked'}</Fact>
        <Fact name="Prompts">{receipt.prompts.map((digest) => <span key={digest} className="mr-2">{mono(digest.slice(0, 16))}</span>)}</Fact>
      </Part>
      <Part title="Digest">
        <div className="col-span-2 flex flex-col gap-2">
          <code className="rounded-6 border border-line bg-sunken px-3 py-2 break-all">{receipt.digest}</code>
          <p className="text-12 text-fg-2">
            SHA-256 of the receipt as JSON without <code>digest</code>: keys sorted, no spaces, UTF-8. Whoever has the receipt can make it anew; the journal keeps it with the run. <Badge>coderClawLink {receipt.version}</Badge>
          </p>
          <div className="flex flex-wrap gap-2">
            <Button icon={Copy} onPress={() => copy(JSON.stringify(receipt, null, 2), 'Receipt copied')}>Copy JSON</Button>
            <Button icon={Copy} onPress={() => copy(receipt.digest, 'Digest copied')}>Copy digest</Button>
          </div>
        </div>
      </Part>
    </div>
  )
}

const mono = (text: string | null) => (text ? <code className="break-all">{text}</code> : '—')

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 text-12 text-fg-3">{title}</h3>
      <div className="grid grid-cols-[9rem_1fr] gap-x-3 gap-y-1">{children}</div>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <span className="text-fg-2">{name}</span>
      <span className="min-w-0 break-words">{children}</span>
    </>
  )
}
