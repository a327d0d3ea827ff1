/** How a run stands, wherever it is shown. Waiting for a person reads "Needs you"; all other waiting names its reason. */
import { Ban, CircleCheck, CircleDashed, CircleX, Hourglass, MessageCircleQuestion, Play, Route } from 'lucide-react'
import type { RunTold, WaitReason } from '@/api/schema'
import { Status, type StatusProps } from '@/kit/Status'

type Standing = Pick<RunTold, 'state' | 'wait'>

const WAITS: Record<WaitReason, string> = {
  approval: 'Needs you',
  question: 'Needs you',
  review: 'Needs review',
  quota: 'Out of quota',
  budget: 'Over budget',
  dependency: 'Waits for a task',
  schedule: 'Scheduled',
  node_offline: 'Node offline',
  ci: 'Waits for checks',
}
const ASKS: ReadonlySet<WaitReason> = new Set(['approval', 'question', 'review'])

export const ENDED: ReadonlySet<RunTold['state']> = new Set(['completed', 'failed', 'cancelled'])

export const needsYou = (run: Standing): boolean => run.state === 'waiting' && run.wait !== null && ASKS.has(run.wait.reason)

function lookOf(run: Standing): Pick<StatusProps, 'icon' | 'tone' | 'children'> {
  switch (run.state) {
    case 'pending':
      return { icon: CircleDashed, tone: 'plain', children: 'Queued' }
    case 'planning':
      return { icon: Route, tone: 'info', children: 'Starting' }
    case 'running':
      return { icon: Play, tone: 'run', children: 'Running' }
    case 'waiting':
      return { icon: needsYou(run) ? MessageCircleQuestion : Hourglass, tone: 'warn', children: run.wait ? (WAITS[run.wait.reason] ?? 'Waiting') : 'Waiting' }
    case 'completed':
      return { icon: CircleCheck, tone: 'ok', children: 'Completed' }
    case 'failed':
      return { icon: CircleX, tone: 'bad', children: 'Failed' }
    case 'cancelled':
      return { icon: Ban, tone: 'plain', children: 'Cancelled' }
  }
}

export function RunState({ run, bare }: { run: Standing; bare?: boolean }) {
  return <Status {...lookOf(run)} bare={bare} title={run.wait?.who} />
}
