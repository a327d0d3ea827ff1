/** Which agent, and with which model. Those that cannot be run now, or not by who looks, say why. */
import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/client'
import type { AgentInfo } from '@/api/schema'
import { Select, type Choice } from '@/kit/Field'

const NOBODY = ''
const OWN_MODEL = ''

export interface AgentPickerProps {
  value: string | null
  onChange(agent: string | null): void
  /** What choosing none reads, where none may be chosen. */
  none?: string
  label?: string
  hideLabel?: boolean
  className?: string
  /** Those that cannot be run now may be chosen all the same, as for a task that is only meant for them. */
  any?: boolean
  isDisabled?: boolean
}

export function AgentPicker({ value, onChange, none, label = 'Agent', hideLabel, className, any = false, isDisabled = false }: AgentPickerProps) {
  const { data: agents, error } = useQuery(ask('GET /api/runtime/agents'))
  const choices: Array<Choice<string>> = (agents ?? []).map((agent) => ({
    value: agent.agent_type,
    label: agent.name,
    hint: agent.metadata?.refused ?? (agent.available ? agent.description : (agent.metadata?.why ?? 'No node that is online can run it.')),
    isDisabled: !any && !isUsable(agent),
  }))
  choices.sort((one, other) => Number(one.isDisabled ?? false) - Number(other.isDisabled ?? false))
  if (none !== undefined) choices.unshift({ value: NOBODY, label: none })
  if (value && !choices.some((one) => one.value === value)) choices.push({ value, label: value })
  return (
    <Select
      label={label}
      hideLabel={hideLabel}
      className={className}
      choices={choices}
      value={value ?? (none === undefined ? null : NOBODY)}
      onChange={(next) => onChange(next === NOBODY ? null : next)}
      placeholder={agents ? 'Choose an agent' : 'Loading…'}
      empty={agents ? 'No node offers an agent.' : 'Loading…'}
      error={error?.message}
      isDisabled={isDisabled}
    />
  )
}

/** It can be run, and who looks may use it. */
const isUsable = ({ available, metadata }: AgentInfo): boolean => available && !metadata?.refused

/** The first that can be run, those with a name of their own before the built-in ones. */
export function useUsualAgent(): string | null {
  const { data } = useQuery(ask('GET /api/runtime/agents'))
  return data?.find(isUsable)?.agent_type ?? null
}

export function useAgent(name: string | null): AgentInfo | undefined {
  const { data } = useQuery(ask('GET /api/runtime/agents'))
  return data?.find(({ agent_type }) => agent_type === name)
}

export function ModelPicker({ agent, value, onChange, className }: { agent: string | null; value: string | null; onChange(model: string | null): void; className?: string }) {
  const known = useAgent(agent)?.metadata
  const models = known?.models ?? []
  const choices = [{ value: OWN_MODEL, label: known?.model ? `As configured (${known.model})` : 'As configured' }, ...models.map((model) => ({ value: model, label: model }))]
  return <Select label="Model" className={className} choices={choices} value={value ?? OWN_MODEL} onChange={(next) => onChange(next || null)} isDisabled={!models.length} />
}
