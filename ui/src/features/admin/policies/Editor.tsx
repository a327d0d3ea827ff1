/** The files of a policy and what their tests say. It comes into force only when all of them pass. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleX, FileCode, FlaskConical, PowerOff, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import type { PolicyTold, TestTold } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { CodeArea } from '@/kit/CodeArea'
import { Confirm } from '@/kit/Dialog'
import { useHotkey } from '@/kit/hotkeys'
import { join } from '@/kit/look'
import { Card } from '@/kit/Page'
import { Status } from '@/kit/Status'
import { toast, toastError } from '@/kit/toast'
import { isTest, placeIn, sorted, type Modules } from './draft'
import { NewFile } from './NewFile'

export interface EditorProps {
  policy: PolicyTold | null
  project: number | undefined
  modules: Modules
  isChanged: boolean
  onChange(modules: Modules): void
  onDiscard(): void
}

export function Editor({ policy, project, modules, isChanged, onChange, onDiscard }: EditorProps) {
  const client = useQueryClient()
  const names = sorted(modules)
  const [chosen, setChosen] = useState<string | null>(null)
  const [isEnding, setEnding] = useState(false)
  const name = chosen !== null && chosen in modules ? chosen : (names[0] ?? '')
  const query = { project_id: project }
  const again = () => void client.invalidateQueries({ predicate: ({ queryKey: [operation] }) => String(operation).startsWith('GET /api/policies') })
  const test = useMutation({ mutationFn: () => call('POST /api/policies/test', { body: { modules } }) })
  const put = useMutation({
    mutationFn: () => call('PUT /api/policies', { query, body: { modules } }),
    onSuccess: ({ version }) => {
      toast(`Version ${version} is in force`)
      again()
    },
  })
  const end = useMutation({
    mutationFn: () => call('DELETE /api/policies', { query }),
    onSuccess: () => {
      toast('No policy is in force here any more')
      again()
    },
    onError: toastError,
  })
  useHotkey({ id: 'policy.test', keys: 'mod+enter', label: 'Run the tests', group: 'Policy' }, () => test.mutate())

  const refused = put.error ?? test.error
  const wrong = refused ? placeIn(refused.message, names) : null
  const change = (next: Modules) => {
    test.reset()
    put.reset()
    onChange(next)
  }
  const drop = () => {
    const { [name]: _, ...rest } = modules
    change(rest)
    setChosen(null)
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex min-w-0 flex-col gap-2">
        <div className="flex items-center gap-2">
          <div role="group" aria-label="Files" className="flex min-w-0 flex-1 gap-1 overflow-x-auto">
            {names.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={one === name}
                onClick={() => setChosen(one)}
                className={join('flex h-control shrink-0 items-center gap-1.5 rounded-6 px-2 font-mono text-12', one === name ? 'bg-accent-soft text-accent-text' : 'text-fg-2 hover:bg-hover', wrong?.name === one && 'text-bad')}
              >
                {isTest(one) ? <FlaskConical size={14} aria-hidden /> : <FileCode size={14} aria-hidden />}
                {one}
              </button>
            ))}
          </div>
          <NewFile
            names={names}
            onAdd={(added) => {
              change({ ...modules, [added]: isTest(added) ? 'package clawlink_test\n' : 'package clawlink\n\nimport rego.v1\n' })
              setChosen(added)
            }}
          />
          {names.length > 1 && <IconButton name={`Remove ${name}`} icon={Trash2} onPress={drop} />}
        </div>
        <CodeArea label={name} text={modules[name] ?? ''} onChange={(text) => change({ ...modules, [name]: text })} wrongLine={wrong?.name === name ? wrong.line : null} describedBy={refused ? 'policy-refusal' : undefined} className="h-[max(24rem,52vh)]" />
        {refused && (
          <p id="policy-refusal" role="alert" className="break-words text-bad">
            {refused.message}
          </p>
        )}
      </div>
      <Card className="flex flex-col gap-3">
        <div>
          <h2 className="text-14">Tests</h2>
          <p className="text-12 text-fg-2">
            Rules named <code>test_…</code> in files named <code>…_test.rego</code>.
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button icon={FlaskConical} isDisabled={test.isPending} onPress={() => test.mutate()}>
            Run the tests
          </Button>
          <Button kind="primary" isDisabled={!isChanged || put.isPending} onPress={() => put.mutate()}>
            Put in force
          </Button>
        </div>
        <div aria-live="polite" className="empty:-mt-3">{test.data && <Outcomes tests={test.data} />}</div>
        {isChanged && policy && (
          <p className="flex items-center gap-2 text-12 text-fg-2">
            <span className="flex-1">Changed since version {policy.version}.</span>
            <Button kind="quiet" onPress={onDiscard}>
              Discard
            </Button>
          </p>
        )}
        {policy?.active && (
          <Button kind="quiet" icon={PowerOff} className="self-start" onPress={() => setEnding(true)}>
            Take out of force…
          </Button>
        )}
      </Card>
      <Confirm title="Take the policy out of force?" isOpen={isEnding} verb="Take out of force" onClose={() => setEnding(false)} onConfirm={() => end.mutate()}>
        What roles grant is allowed from then on. The versions stay, and each can be restored.
      </Confirm>
    </div>
  )
}

function Outcomes({ tests }: { tests: readonly TestTold[] }) {
  const failed = tests.filter(({ passed }) => !passed).length
  if (tests.length === 0) return <p className="text-fg-2">It compiles, and has no tests.</p>
  return (
    <div className="flex flex-col gap-2">
      <Status icon={failed ? CircleX : CircleCheck} tone={failed ? 'bad' : 'ok'}>
        {failed ? `${failed} of ${tests.length} fail` : `All ${tests.length} pass`}
      </Status>
      <ul className="flex flex-col gap-1">
        {tests.map(({ name, passed }) => (
          <li key={name} className="flex items-start gap-2">
            {passed ? <CircleCheck size={14} aria-label="Passes" className="mt-0.5 shrink-0 text-ok" /> : <CircleX size={14} aria-label="Fails" className="mt-0.5 shrink-0 text-bad" />}
            <span className="min-w-0 text-12 break-words">{name.replace(/^data\.\w+\.(test_)?/, '').replaceAll('_', ' ')}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
