/** One layer of an agent's configuration as a draft: form, rules and text are views of the same, saved as one new version. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { ApiError, call, keyOf } from '@/api/client'
import type { AgentConfiguration, AgentTold, ConfigurationTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Time } from '@/kit/figures'
import { useHotkey } from '@/kit/hotkeys'
import { Tabs } from '@/kit/Tabs'
import { toast } from '@/kit/toast'
import { configurationOf, draftOf, isSame, wrongIn, type Draft } from './draft'
import { ConfigurationForm } from './ConfigurationForm'
import { Health } from './Health'
import { History } from './History'
import { Rules } from './Rules'
import type { TabName } from './tabs'
import { TextView } from './TextView'
import { toml } from './toml'

const route = getRouteApi('/agents/$name')

export interface EditorProps {
  agent: AgentTold
  layer: ConfigurationTold
}

const saidBy = (layer: ConfigurationTold) => layer.configuration as AgentConfiguration

export function Editor({ agent, layer }: EditorProps) {
  const { tab = 'configuration' } = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const [base, setBase] = useState(layer)
  const [draft, setDraft] = useState(() => draftOf(saidBy(layer)))
  const [text, setText] = useState<string | null>(null) // what was typed as text, not read by the hub yet

  const written = toml(configurationOf(draft) as Record<string, unknown>)
  const isTyped = text !== null && text !== written
  const isChanged = isTyped || !isSame(configurationOf(draft), saidBy(base))
  const wrong = wrongIn(draft)

  const take = (fresh: ConfigurationTold) => {
    setBase(fresh)
    setDraft(draftOf(saidBy(fresh)))
    setText(null)
  }
  if (layer !== base && !isChanged) take(layer)

  const save = useMutation({
    mutationFn: () =>
      call('PUT /api/agents/{name}/configuration', {
        path: { name: agent.name },
        query: { project_id: layer.project_id },
        body: isTyped ? { toml: text } : { configuration: configurationOf(draft) },
      }),
    onSuccess: (saved) => {
      take(saved)
      client.setQueryData(keyOf('GET /api/agents/{name}/configuration', { path: { name: agent.name }, query: { project_id: layer.project_id ?? undefined } }), saved)
      toast(`Saved as version ${saved.version}`)
    },
  })
  const isSaveable = agent.may_configure && isChanged && Object.keys(wrong).length === 0 && !save.isPending
  useHotkey({ id: 'agents.save', keys: 'mod+s', label: 'Save the configuration', group: 'Agent', isOff: !isSaveable }, () => save.mutate())

  const change = (some: Partial<Draft>) => {
    save.reset()
    setDraft({ ...draft, ...some })
    setText(null)
  }
  const refusal = save.error instanceof ApiError ? save.error : null
  const fields: Record<string, string | undefined> = { ...trimmed(refusal?.fields ?? {}), ...wrong }
  const view = { agent, layer: base, draft, change, fields, isReadOnly: !agent.may_configure || isTyped }
  return (
    <>
      <Tabs
        label={`Views of ${agent.name}`}
        value={tab}
        onChange={(id) => void navigate({ search: (before) => ({ ...before, tab: id === 'configuration' ? undefined : (id as TabName) }), replace: true })}
        tabs={[
          { id: 'configuration', label: 'Configuration', content: <ConfigurationForm {...view} /> },
          { id: 'rules', label: 'Rules', count: draft.rules.length || undefined, content: <Rules {...view} isSaved={!isChanged} /> },
          {
            id: 'text',
            label: 'Text',
            content: <TextView text={text ?? written} refusal={refusal?.detail ?? null} isReadOnly={!agent.may_configure} onChange={(typed) => (save.reset(), setText(typed))} />,
          },
          { id: 'history', label: 'History', content: <History agent={agent} layer={base} isBlocked={isChanged} /> },
          { id: 'nodes', label: 'Nodes', content: <Health agent={agent} /> },
        ]}
      />
      {isTyped && tab !== 'text' && <Notice>The text was changed by hand: save or discard that before you change anything here.</Notice>}
      {isChanged && layer.version !== base.version && (
        <Notice>
          {layer.changed_by ?? 'Somebody'} has saved version {layer.version} meanwhile. Saving puts yours on top of it.
          <Button kind="quiet" onPress={() => take(layer)}>
            Take theirs
          </Button>
        </Notice>
      )}
      {(isChanged || save.error) && agent.may_configure && (
        <footer className="flex flex-wrap items-center gap-2 border-t border-line bg-raised px-4 py-2">
          <p role={save.error ? 'alert' : 'status'} className={save.error ? 'min-w-0 flex-1 break-words text-bad' : 'flex-1 text-fg-2'}>
            {save.error ? save.error.message : base.version ? <>Changed since version {base.version}, saved by {base.changed_by} {base.changed_at && <Time at={base.changed_at} />}.</> : 'Not saved yet.'}
          </p>
          <Button onPress={() => (save.reset(), take(layer))}>Discard</Button>
          <Button kind="primary" isDisabled={!isSaveable} onPress={() => save.mutate()}>
            Save
          </Button>
        </footer>
      )}
    </>
  )
}

/** "configuration.model" as "model": where the hub says it found the mistake, as the form names it. */
const trimmed = (fields: Record<string, string>) => Object.fromEntries(Object.entries(fields).map(([name, told]) => [name.replace(/^configuration\./, ''), told]))

function Notice({ children }: { children: React.ReactNode }) {
  return (
    <div role="status" className="flex flex-wrap items-center gap-2 border-t border-line bg-warn-soft px-4 py-1.5 text-warn">
      <TriangleAlert size={16} aria-hidden className="shrink-0" />
      {children}
    </div>
  )
}
