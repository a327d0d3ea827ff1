/** How the agent works, field by field. What is left empty is as the layer below says; its word stands there as a placeholder. */
import type { ReactNode } from 'react'
import type { AgentConfiguration } from '@/api/schema'
import { Select, TextArea, TextField } from '@/kit/Field'
import { Suggest } from '@/kit/Suggest'
import { money, span } from '@/kit/figures'
import type { NUMBERS } from './draft'
import { Environment } from './Environment'
import { FallbackChain } from './FallbackChain'
import { McpServers } from './McpServers'
import type { DraftView } from './view'

type NumberName = (typeof NUMBERS)[number]

export function ConfigurationForm(view: DraftView) {
  const { agent, layer, draft, change, fields, isReadOnly } = view
  const below: AgentConfiguration = layer.project_id === null ? {} : (agent.configuration.configuration as AgentConfiguration)
  const number = (name: NumberName, label: string, hint: ReactNode, show: (value: number) => string = String) => (
    <TextField
      label={label}
      value={draft[name]}
      onChange={(value) => change({ [name]: value })}
      inputMode="decimal"
      placeholder={typeof below[name] === 'number' ? `${show(below[name])}, as the installation` : 'No limit of its own'}
      hint={hint}
      error={fields[name]}
      isReadOnly={isReadOnly}
    />
  )
  const inherited = (name: 'model' | 'account' | 'session_mode', otherwise: string) => (below[name] ? `${below[name]}, as the installation` : otherwise)
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-8 p-4 pb-12">
      <Section title="Model" about="What answers, and whose key pays.">
        <Suggest
          label="Model"
          value={draft.model}
          onChange={(model) => change({ model })}
          suggestions={agent.metadata?.models ?? []}
          placeholder={inherited('model', agent.metadata?.model ? `${agent.metadata.model}, by default` : 'As the agent itself chooses')}
          error={fields.model}
          isReadOnly={isReadOnly}
        />
        <Suggest
          label="Account"
          value={draft.account}
          onChange={(account) => change({ account })}
          suggestions={agent.metadata?.accounts ?? []}
          placeholder={inherited('account', agent.metadata?.accounts[0] ? `${agent.metadata.accounts[0]}, by default` : 'The first that fits')}
          error={fields.account}
          isReadOnly={isReadOnly}
        />
        <FallbackChain {...view} />
      </Section>
      <Section title="Behaviour" about="What it is told, and what it may do where no rule decides.">
        <Select
          label="Mode"
          value={draft.mode}
          onChange={(mode) => change({ mode })}
          isDisabled={isReadOnly}
          choices={[
            { value: '', label: below.mode ? `As the installation: ${below.mode}` : 'As the node says' },
            { value: 'ask', label: 'ask', hint: 'What no rule allows becomes a question' },
            { value: 'auto', label: 'auto', hint: 'What no rule forbids is allowed, visibly' },
          ]}
          error={fields.mode}
        />
        <TextField
          label="Mode of the agent's own"
          value={draft.session_mode}
          onChange={(session_mode) => change({ session_mode })}
          placeholder={inherited('session_mode', 'As it begins')}
          hint="An id among the modes that the agent itself offers."
          error={fields.session_mode}
          isReadOnly={isReadOnly}
        />
        <TextArea
          className="sm:col-span-2"
          label="Instructions"
          rows={5}
          value={draft.instructions}
          onChange={(instructions) => change({ instructions })}
          placeholder={below.instructions ?? 'Said to the agent before its first prompt'}
          error={fields.instructions}
          isReadOnly={isReadOnly}
        />
      </Section>
      <Section title="Environment" about={<>Variables of the agent’s process. A secret stands in them by name, {'{secret:NAME}'}; its value is known to the node alone.</>}>
        <Environment {...view} />
      </Section>
      <Section title="MCP servers" about="Servers of tools that the agent is given.">
        <McpServers {...view} />
      </Section>
      <Section title="Limits" about="When it is stopped, and when it is asked about.">
        {number('timeout_seconds', 'Time for one attempt, in seconds', 'Of work; waiting for people does not count.', span)}
        {number('answer_seconds', 'Time to answer a question, in seconds', 'Then it is answered with a no.', span)}
        {number('same_calls', 'The same tool call, at most', 'So many on end with the same outcome pause the run.')}
        {number('calls_without_change', 'Calls of the model without a change, at most', 'So many pause the run and ask.')}
        <Select
          label="Who may answer its questions"
          value={draft.answered_by}
          onChange={(answered_by) => change({ answered_by })}
          isDisabled={isReadOnly}
          choices={[
            { value: '', label: below.answered_by ? `As the installation: ${below.answered_by}` : 'Whoever may start runs' },
            { value: 'developer', label: 'Developers' },
            { value: 'admin', label: 'Administrators' },
          ]}
        />
      </Section>
      <Section title="Budget of one run" about="A cap over all its attempts. Budgets of projects and people stand under Usage.">
        {number('budget_usd', 'US dollars', undefined, money)}
        {number('budget_tokens', 'Tokens', undefined, (value) => value.toLocaleString('en'))}
      </Section>
    </div>
  )
}

function Section({ title, about, children }: { title: string; about: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="grid gap-x-8 gap-y-3 lg:grid-cols-[14rem_1fr]">
      <div>
        <h2 className="text-14">{title}</h2>
        <p className="mt-1 text-12 text-fg-2">{about}</p>
      </div>
      <div className="grid min-w-0 items-start gap-4 sm:grid-cols-2">{children}</div>
    </section>
  )
}
