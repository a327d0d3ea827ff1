/** One question to the policy, as if somebody asked it now: yes or no, why, and how long that took. Nothing is kept. */
import { useMutation } from '@tanstack/react-query'
import { CircleCheck, CircleSlash } from 'lucide-react'
import { call } from '@/api/client'
import { Button } from '@/kit/Button'
import { CodeArea } from '@/kit/CodeArea'
import { Card } from '@/kit/Page'
import { Status } from '@/kit/Status'
import { Refusal } from '../Part'
import { INPUT, inputOf, type Modules } from './draft'

export interface SimulatorProps {
  modules: Modules
  /** The modules are not those in force. */
  isDraft: boolean
  project: number | undefined
  input: string
  onInput(input: string): void
}

export function Simulator({ modules, isDraft, project, input, onInput }: SimulatorProps) {
  const read = inputOf(input)
  const wrong = 'wrong' in read ? read.wrong : null
  const tried = useMutation({ mutationFn: () => call('POST /api/policies/try', { query: { project_id: project }, body: { input: 'input' in read ? read.input : INPUT, modules: isDraft ? modules : null } }) })
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex min-w-0 flex-col gap-2">
        <p className="text-12 text-fg-2">
          The input as a policy is asked: who (<code>actor</code>), what (<code>action</code>, <code>resource</code>, <code>project</code>), how and when.
        </p>
        <CodeArea
          label="The input"
          text={input}
          onChange={(text) => {
            tried.reset()
            onInput(text)
          }}
          describedBy={wrong ? 'input-wrong' : undefined}
          className="h-[max(24rem,52vh)]"
        />
        {wrong && (
          <p id="input-wrong" role="alert" className="text-bad">
            {wrong}
          </p>
        )}
      </div>
      <Card className="flex flex-col gap-3">
        <div>
          <h2 className="text-14">What would be decided</h2>
          <p className="text-12 text-fg-2">{isDraft ? 'By the policy as it is edited here.' : 'By the policy in force.'} The roles are asked before it.</p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button kind="primary" isDisabled={wrong !== null || tried.isPending} onPress={() => tried.mutate()}>
            Ask the policy
          </Button>
          <Button kind="quiet" onPress={() => (tried.reset(), onInput(JSON.stringify(INPUT, null, 2)))}>
            Begin anew
          </Button>
        </div>
        <div aria-live="polite" className="empty:-mt-3">
          {tried.data && (
            <div className="flex flex-col gap-1 rounded-6 bg-sunken p-3">
              <Status icon={tried.data.allow ? CircleCheck : CircleSlash} tone={tried.data.allow ? 'ok' : 'bad'}>
                {tried.data.allow ? 'Allowed' : 'Refused'}
              </Status>
              {tried.data.reason && <p className="break-words">{tried.data.reason}</p>}
              <p className="text-12 text-fg-2 tabular-nums">{(tried.data.microseconds / 1000).toFixed(2)} ms</p>
            </div>
          )}
          <Refusal error={tried.error} />
        </div>
      </Card>
    </div>
  )
}
