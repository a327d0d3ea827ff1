/** The agent as each node found it. */
import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleOff, Server, WifiOff } from 'lucide-react'
import type { AgentTold } from '@/api/schema'
import { CommandLine } from '@/kit/Copy'
import { EmptyState } from '@/kit/states'
import { Status } from '@/kit/Status'
import { WhatToDo } from './AgentsPage'

export function Health({ agent: { name, metadata } }: { agent: AgentTold }) {
  const health = metadata?.health ?? []
  if (health.length === 0)
    return (
      <EmptyState icon={Server} action={<CommandLine>clawlink doctor</CommandLine>}>
        No node has told of {name} yet.
      </EmptyState>
    )
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-4 p-4 pb-12">
      <ul className="flex flex-col gap-3">
        {health.map((one) => (
          <li key={one.node} className="flex flex-col gap-2 rounded-8 border border-line bg-surface p-3">
            <div className="flex flex-wrap items-center gap-3">
              <h2 className="text-13">{one.node}</h2>
              {!one.online ? (
                <Status icon={WifiOff} tone="warn">
                  Offline
                </Status>
              ) : one.available ? (
                <Status icon={CircleCheck} tone="ok">
                  Available
                </Status>
              ) : (
                <Status icon={CircleOff} tone="plain">
                  Not there
                </Status>
              )}
              <span className="text-12 text-fg-2">{[one.version, one.signed_in === null ? null : one.signed_in ? 'signed in' : 'signed out', one.limit && `at most ${one.limit} at once`].filter(Boolean).join(', ')}</span>
            </div>
            {one.why ? <WhatToDo why={one.why} /> : one.reached && <code className="break-all text-fg-2">{one.reached}</code>}
          </li>
        ))}
      </ul>
      <div className="flex flex-col gap-2">
        <p className="text-12 text-fg-2">On the node’s machine this tries the agent out, step by step:</p>
        <CommandLine>{`clawlink agent test ${name}`}</CommandLine>
        <p className="text-12 text-fg-2">
          All machines stand under{' '}
          <Link to="/nodes" className="text-accent-text underline underline-offset-2">
            Nodes
          </Link>
          .
        </p>
      </div>
    </div>
  )
}
