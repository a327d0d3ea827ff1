/** The draft of a policy, which all views share: what is edited is what is tried and replayed. */
import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { JsonValue, PolicyTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import type { View } from '../tabs'
import { Decisions } from './Decisions'
import { INPUT, isSame, NEW, type Modules } from './draft'
import { Editor } from './Editor'
import { Replay } from './Replay'
import { Simulator } from './Simulator'
import { Versions } from './Versions'

const modulesOf = (policy: PolicyTold | null): Modules => policy?.modules ?? NEW

export interface WorkshopProps {
  /** Null: none is in force. */
  policy: PolicyTold | null
  project: number | undefined
  view: View
  onView(view: View): void
}

export function Workshop({ policy, project, view, onView }: WorkshopProps) {
  const [base, setBase] = useState(policy)
  const [modules, setModules] = useState(() => modulesOf(policy))
  const [input, setInput] = useState(() => JSON.stringify(INPUT, null, 2))
  const isEdited = !isSame(modules, modulesOf(base))
  const take = () => {
    setBase(policy)
    setModules(modulesOf(policy))
  }
  // What was typed stays when somebody else puts another version in force.
  if (policy !== base && (!isEdited || isSame(modules, modulesOf(policy)))) take()
  const isChanged = base === null || isEdited
  const tryOn = (asked: Record<string, JsonValue>) => {
    setInput(JSON.stringify(asked, null, 2))
    onView('try')
  }
  const meanwhile = policy !== base && policy !== null && (
    <p role="status" className="flex flex-wrap items-center gap-2 rounded-8 bg-warn-soft px-3 py-1 text-warn">
      <TriangleAlert size={16} aria-hidden className="shrink-0" />
      {policy.changed_by} has put version {policy.version} in force meanwhile. Putting yours in force takes its place.
      <Button kind="quiet" onPress={take}>
        Take theirs
      </Button>
    </p>
  )
  switch (view) {
    case 'edit':
      return (
        <>
          {meanwhile}
          <Editor policy={policy} project={project} modules={modules} onChange={setModules} isChanged={isChanged} onDiscard={take} />
        </>
      )
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
