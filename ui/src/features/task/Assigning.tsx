/** Whose the task is: the person it is meant for, and the agent that would work on it. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '@/api/client'
import type { BoardTold, TaskChanges, TaskTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Dialog } from '@/kit/Dialog'
import { TextField } from '@/kit/Field'
import { AgentPicker } from '@/nouns/AgentPicker'
import { Person } from '@/nouns/Person'

const SHOWN_AT_MOST = 8

export function Assigning({ task, onChange, onClose }: { task: TaskTold; onChange(changes: TaskChanges): void; onClose(): void }) {
  const [person, setPerson] = useState(task.assignee ?? '')
  const [agent, setAgent] = useState(task.assigned_agent_type)
  const known = useKnown().filter((name) => name !== person)
  const keep = () => {
    const assignee = person.trim() || null
    const changes = { ...(assignee === task.assignee ? {} : { assignee }), ...(agent === task.assigned_agent_type ? {} : { assigned_agent_type: agent }) }
    if (Object.keys(changes).length) onChange(changes)
    onClose()
  }
  return (
    <Dialog
      title={`Who sees to ${task.key}?`}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" onPress={keep}>
            Assign
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          keep()
        }}
      >
        <div className="flex flex-col gap-2">
          <TextField label="Person" autoFocus placeholder="Nobody" value={person} onChange={setPerson} maxLength={100} />
          <div role="group" aria-label="People" className="flex flex-wrap gap-1">
            {known.slice(0, SHOWN_AT_MOST).map((name) => (
              <Button key={name} kind="quiet" onPress={() => setPerson(name)}>
                <Person name={name} says="" /> <span className="max-w-40 truncate">{name}</span>
              </Button>
            ))}
            {person && (
              <Button kind="quiet" onPress={() => setPerson('')}>
                Nobody
              </Button>
            )}
          </div>
        </div>
        <AgentPicker any none="No agent" value={agent} onChange={setAgent} />
      </form>
    </Dialog>
  )
}

/** Whoever looks, first; then whom any board that was read has tasks for. */
function useKnown(): string[] {
  const { data: me } = useQuery(ask('GET /api/me'))
  const boards = useQueryClient().getQueriesData<BoardTold>({ queryKey: ['GET /api/board'] })
  const names = boards.flatMap(([, board]) => board?.cards.map(({ assignee }) => assignee) ?? [])
  return [...new Set([me?.name, ...names])].filter((name): name is string => Boolean(name))
}
