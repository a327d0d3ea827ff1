/** An act as if the agent asked for it now: what would be decided, by which rule. Nothing is done, and nobody is asked. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/api/client'
import type { ActTried } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Select, TextField } from '@/kit/Field'
import { Card } from '@/kit/Page'
import { Effect } from '@/nouns/Effect'
import { TOOL_CHOICES } from './Rules'

const ORIGIN = { installation: 'of the installation', project: 'of the project', learnt: 'learnt from an answer' } as const

export function TryAct({ name, project, isSaved }: { name: string; project: number | null; isSaved: boolean }) {
  const [tool, setTool] = useState<string>('execute')
  const [what, setWhat] = useState('')
  const isCommand = tool === 'execute'
  const isHost = tool === 'fetch'
  const tried = useMutation({
    mutationFn: (act: ActTried) => call('POST /api/agents/{name}/rules/try', { path: { name }, body: { act, project_id: project } }),
  })
  const act: ActTried = { tool, ...(isCommand ? { command: what } : isHost ? { hosts: [what] } : { paths: [what] }) }
  return (
    <Card className="h-fit xl:sticky xl:top-4">
      <form
        aria-label="Try an act"
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (what.trim()) tried.mutate(act)
        }}
      >
        <div>
          <h2 className="text-14">Try an act</h2>
          <p className="text-12 text-fg-2">What would be decided now. Nothing is done.{!isSaved && ' The rules count as they were last saved.'}</p>
        </div>
        <Select
          label="Tool"
          value={tool}
          onChange={(next) => {
            tried.reset()
            setTool(next)
          }}
          choices={TOOL_CHOICES.filter(({ value }) => value !== '*')}
        />
        <TextField
          label={isCommand ? 'Command' : isHost ? 'Host' : 'Path'}
          value={what}
          onChange={(next) => {
            tried.reset()
            setWhat(next)
          }}
          placeholder={isCommand ? 'git push origin main' : isHost ? 'example.com' : 'docs/guide.md'}
        />
        <Button type="submit" isDisabled={!what.trim() || tried.isPending}>
          Try it
        </Button>
        <div aria-live="polite">
          {tried.data && (
            <div className="flex flex-col gap-1 rounded-6 bg-sunken p-3">
              <span className="flex items-center gap-2">
                <Effect effect={tried.data.effect} />
                <span className="text-12 text-fg-2">{tried.data.rule ? `by a rule ${ORIGIN[tried.data.rule.origin]}` : 'by the mode'}</span>
              </span>
              {tried.data.rule && <code className="break-all">{tried.data.rule.text}</code>}
              <p className="break-words">{tried.data.why}</p>
            </div>
          )}
          {tried.error && <p className="text-bad">{tried.error.message}</p>}
        </div>
      </form>
    </Card>
  )
}
