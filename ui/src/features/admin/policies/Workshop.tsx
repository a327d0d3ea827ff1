/** The draft of a policy, which all views share: what is edited is what is tried and replayed. */
import { useState } from 'react'
import type { JsonValue, PolicyTold } from '@/api/schema'
import type { View } from '../tabs'
import { Decisions } from './Decisions'
import { INPUT, isSame, NEW, type Modules } from './draft'
import { Editor } from './Editor'
import { Replay } from './Replay'
import { Simulator } from './Simulator'
import { Versions } from './Versions'

export interface WorkshopProps {
  /** Null: none is in force. */
  policy: PolicyTold | null
  project: number | undefined
  view: View
  onView(view: View): void
}

export function Workshop({ policy, project, view, onView }: WorkshopProps) {
  const base: Modules = policy?.modules ?? NEW
  const [modules, setModules] = useState(base)
  const [input, setInput] = useState(() => JSON.stringify(INPUT, null, 2))
  const isChanged = policy === null || !isSame(modules, base)
  const tryOn = (asked: Record<string, JsonValue>) => {
    setInput(JSON.stringify(asked, null, 2))
    onView('try')
  }
  switch (view) {
    case 'edit':
      return <Editor policy={policy} project={project} modules={modules} onChange={setModules} isChanged={isChanged} onDiscard={() => setModules(base)} />
    case 'try':
      return <Simulator modules={modules} isDraft={isChanged} project={project} input={input} onInput={setInput} />
    case 'replay':
      return <Replay modules={modules} isDraft={isChanged} project={project} />
    case 'decisions':
      return <Decisions project={project} onTry={tryOn} />
    case 'versions':
      return <Versions project={project} />
  }
}
