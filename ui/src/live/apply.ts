// What each event changes in what this tab knows: one switch over everything that can happen. Safe to do twice, and safe for
// what was read later than it happened. A new kind of event does not compile until it has its place here.
// Above: live.ts. Below: rows.ts.

import type { QueryClient } from '@tanstack/react-query'
import type { RunDetail, RunTold, State, WaitReason } from '../api/schema'
import { rows, type Rows } from './rows'
import type { LiveEvent } from './socket'

/** What changes a tab's cache by events. */
export function learner(client: QueryClient): (events: readonly LiveEvent[]) => void {
  const cache = rows(client)
  return (events) => events.forEach((event) => apply(cache, event))
}

export function apply(rows: Rows, event: LiveEvent): void {
  switch (event.kind) {
    case 'project.created':
      return rows.again('GET /api/projects', 'GET /api/projects/summary')
    case 'project.changed':
      changeProject(rows, event.project_id, event.changes)
      return
    case 'project.deleted':
      rows.drop('GET /api/projects', (row) => row.id === event.project_id)
      return rows.again('GET /api/tasks', 'GET /api/board', 'GET /api/runs', 'GET /api/inbox')
    case 'task.created':
      return rows.again('GET /api/tasks', 'GET /api/board', 'GET /api/projects/summary')
    case 'task.changed':
      changeCard(rows, event.task_id, event.changes, event.at)
      rows.again('GET /api/tasks/{task_id}/activity', 'GET /api/projects/summary')
      rows.change('GET /api/tasks', (row) => row.id === event.task_id, (row) => ({ ...row, ...event.changes, updated_at: event.at }))
      rows.change('GET /api/tasks/{task_id}', (row) => row.id === event.task_id, (row) => ({ ...row, ...event.changes, updated_at: event.at }))
      return
    case 'task.deleted':
      rows.drop('GET /api/tasks', (row) => row.id === event.task_id)
      rows.card((card) => card.id === event.task_id, () => null)
      return rows.again('GET /api/runs', 'GET /api/inbox', 'GET /api/projects/summary')

    case 'task.restored':
    case 'task.linked':
    case 'task.unlinked':
    case 'task.blockers_changed':
    case 'task.progressed':
      return rows.again('GET /api/tasks', 'GET /api/tasks/{task_id}', 'GET /api/board', 'GET /api/tasks/{task_id}/links', 'GET /api/tasks/{task_id}/activity', 'GET /api/projects/summary')
    case 'task.labelled':
      return rows.again('GET /api/board', 'GET /api/tasks/{task_id}/labels', 'GET /api/projects/{project_id}/labels', 'GET /api/tasks/{task_id}/activity')
    case 'comment.created':
    case 'comment.deleted':
      rows.card((card) => card.id === event.task_id, (card) => ({ ...card, comments: Math.max(0, card.comments + (event.kind === 'comment.created' ? 1 : -1)) }))
      return rows.again('GET /api/tasks/{task_id}/activity', 'GET /api/tasks/{task_id}/comments')
    case 'comment.changed':
      return rows.again('GET /api/tasks/{task_id}/activity', 'GET /api/tasks/{task_id}/comments')
    case 'attachment.added':
    case 'attachment.deleted':
      rows.card((card) => card.id === event.task_id, (card) => ({ ...card, attachments: Math.max(0, card.attachments + (event.kind === 'attachment.added' ? 1 : -1)) }))
      return rows.again('GET /api/tasks/{task_id}/attachments', 'GET /api/tasks/{task_id}/activity')
    case 'label.created':
    case 'label.changed':
    case 'label.deleted':
      return rows.again('GET /api/board', 'GET /api/tasks/{task_id}/labels', 'GET /api/projects/{project_id}/labels')
    case 'view.saved':
    case 'view.deleted':
      return rows.again('GET /api/views')
    case 'run.discarded':
      return rows.again('GET /api/runs/{run_id}', 'GET /api/runs/{run_id}/review')
    case 'remarks.sent':
    case 'remarks.judged':
      return rows.again('GET /api/runs/{run_id}/remarks', 'GET /api/runs/{run_id}/review')
    case 'chat.asked':
    case 'chat.proposed':
    case 'chat.decided':
      return rows.again('GET /api/chat/{chat_id}', 'GET /api/projects/{project_id}/chat')

    case 'session.created':
    case 'session.deleted':
    case 'permission.denied':
      return

    case 'agent.configured':
      return rows.again('GET /api/runtime/agents', 'GET /api/agents/{name}', 'GET /api/agents/{name}/configuration', 'GET /api/agents/{name}/configuration/versions', 'GET /api/agents/{name}/rules')
    case 'budget.set':
    case 'budget.reached':
      return rows.again('GET /api/budgets')

    case 'node.joined':
    case 'node.left':
      return rows.again('GET /api/nodes', 'GET /api/runtime/agents')

    case 'run.submitted':
      rows.card((card) => card.id === event.task_id, (card) => ({ ...card, run: { id: event.run_id ?? '', number: 0, agent: event.agent, state: 'pending', wait_reason: null, wait_who: null } }))
      return rows.again('GET /api/runs', 'GET /api/tasks/{task_id}/executions', 'GET /api/tasks/{task_id}/activity')
    case 'run.started':
      rows.again('GET /api/nodes', 'GET /api/projects/summary')
      return become(rows, event, 'running', (run) => ({ wait: null, started_at: run.started_at ?? event.at }))
    case 'run.resumed':
      rows.again('GET /api/inbox', 'GET /api/projects/summary')
      return become(rows, event, 'running', () => ({ wait: null }))
    case 'run.waiting':
      rows.again('GET /api/runs/{run_id}/why', 'GET /api/inbox', 'GET /api/projects/summary')
      return become(rows, event, 'waiting', () => ({ wait: { reason: event.reason, who: event.who, until: event.until } as RunTold['wait'] }))
    case 'run.completed':
      return end(rows, event, 'completed', { result: event.result })
    case 'run.failed':
      return end(rows, event, 'failed', { error: event.error })
    case 'run.cancelled':
      return end(rows, event, 'cancelled', {})
    case 'run.handed_over':
      return changeRun(rows, event, () => ({ agent: event.agent }))
    case 'run.reviewed':
    case 'run.receipt':
      return rows.again('GET /api/runs/{run_id}', 'GET /api/runs/{run_id}/receipt', 'GET /api/runs/{run_id}/review')

    case 'comparison.started':
    case 'comparison.kept':
      return rows.again('GET /api/comparisons/{comparison_id}', 'GET /api/tasks/{task_id}/comparisons')

    case 'prompt.queued':
    case 'prompt.changed':
    case 'prompt.withdrawn':
    case 'prompt.taken':
      return rows.again('GET /api/runs/{run_id}/prompts')

    case 'attempt.offered':
      rows.again('GET /api/runs/{run_id}')
      return become(rows, event, 'pending', () => ({ wait: null, attempt: event.attempt ?? 0 }))
    case 'attempt.placed':
      rows.again('GET /api/runs/{run_id}', 'GET /api/nodes')
      return become(rows, event, 'planning', () => ({ wait: null }))
    case 'attempt.started':
    case 'attempt.lost':
    case 'attempt.ended':
      return rows.again('GET /api/runs/{run_id}', 'GET /api/nodes')

    case 'question.asked':
    case 'question.answered':
    case 'answer.heard':
      return rows.again('GET /api/inbox', 'GET /api/runs/{run_id}')

    case 'checks.demanded':
    case 'check.started':
    case 'check.ended':
      return rows.again('GET /api/runs/{run_id}/checks')

    case 'work.committed':
      rows.again('GET /api/runs/{run_id}/diff')
      if (event.repository) return rows.again('GET /api/runs/{run_id}')
      return changeRun(rows, event, () => ({ head: event.head, base: event.base, branch: event.branch, files: event.files, additions: event.additions, deletions: event.deletions }))
    case 'artifact.kept':
      return rows.again('GET /api/runs/{run_id}/diff', 'GET /api/runs/{run_id}/log', 'GET /api/runs/{run_id}/files', 'GET /api/runs/{run_id}/review', 'GET /api/runs/{run_id}/remarks')
    case 'agent.title':
      return changeRun(rows, event, () => ({ title: event.title }))
    case 'agent.usage':
      return changeRun(rows, event, () => ({ usage: { model: event.model, calls: event.calls, input_tokens: event.input_tokens, output_tokens: event.output_tokens, cached_tokens: event.cached_tokens, cost_usd: event.cost_usd } }))

    case 'project.connected':
    case 'project.disconnected':
      return rows.again('GET /api/projects/{project_id}/connection')
    case 'tasks.imported':
      return rows.again('GET /api/tasks', 'GET /api/board', 'GET /api/projects/summary', 'GET /api/projects/{project_id}/labels')
    case 'issue.linked':
      return rows.again('GET /api/tasks/{task_id}/external', 'GET /api/board')
    case 'issue.synced':
      return rows.again('GET /api/projects/{project_id}/issues/sync')
    case 'delivery.wanted':
    case 'delivery.pushed':
    case 'delivery.failed':
      return rows.again('GET /api/tasks/{task_id}/pull_requests', 'GET /api/inbox')
    case 'pull_request.opened':
      rows.again(...OF_PULLS, 'GET /api/inbox')
      rows.card((card) => card.id === event.task_id, (card) => ({ ...card, pull: { number: event.number, url: event.url, state: 'open', draft: event.draft, checks: 'none', review: 'none', mergeable: 'unknown' } }))
      return
    case 'pull_request.changed':
      return changePull(rows, event, event.changes)
    case 'pull_request.merged':
      return changePull(rows, event, { state: 'merged' })
    case 'pull_request.closed':
      return changePull(rows, event, { state: 'closed' })
    case 'pull_request.reopened':
      return changePull(rows, event, { state: 'open' })
    case 'pull_request.answered':
      return rows.again(...OF_PULLS, 'GET /api/runs', 'GET /api/inbox')

    // What only the run's own page shows: it hears them itself (`useEvents`).
    case 'agent.session':
    case 'agent.message':
    case 'agent.thought':
    case 'agent.chunk':
    case 'agent.tool':
    case 'agent.plan':
    case 'agent.log':
    case 'permission.decided':
    case 'work.saved':
    case 'session.signed_in':
    case 'session.refused':
    case 'session.ended_all':
    case 'session.stepped_up':
    case 'credential.added':
    case 'credential.removed':
      return

    // What those who run the hub look at.
    case 'user.created':
    case 'user.changed':
    case 'user.deleted':
    case 'user.invited':
      return rows.again('GET /api/users', 'GET /api/invitations')
    case 'permission.granted':
    case 'permission.revoked':
      return rows.again('GET /api/me', 'GET /api/projects', 'GET /api/projects/{project_id}/members', 'GET /api/uses', 'GET /api/group-roles', 'GET /api/runtime/agents')
    case 'device.paired':
    case 'device.changed':
    case 'device.revoked':
      return rows.again('GET /api/devices')
    case 'policy.changed':
      return rows.again('GET /api/policies', 'GET /api/policies/versions')
    case 'provider.changed':
      return rows.again('GET /api/providers')
    case 'secret.set':
    case 'secret.deleted':
    case 'secrets.rekeyed':
      return rows.again('GET /api/secrets')
    case 'audit.checkpointed':
    case 'audit.cut':
      return rows.again('GET /api/audit/checkpoints')
    case 'backup.made':
      return rows.again('GET /api/backup')
    default:
      return unknown(event)
  }
}

/** A hub that is newer than this page tells what it does not know: the rest of the stream goes on. */
function unknown(_event: never): void {}

function changeProject(rows: Rows, id: number | null, changes: Record<string, unknown>): void {
  rows.change('GET /api/projects', (row) => row.id === id, (row) => ({ ...row, ...changes }))
  rows.change('GET /api/projects/{project_id}', (row) => row.id === id, (row) => ({ ...row, ...changes }))
}

function changeCard(rows: Rows, id: number | null, changes: Record<string, unknown>, at: string): void {
  const { title, status, priority, position, assignee, parent_id, assigned_agent_type: agent, github_pr_url: pr_url, github_pr_number: pr_number } = changes
  const named = Object.entries({ title, status, priority, position, assignee, parent_id, agent, pr_url, pr_number }).filter(([, value]) => value !== undefined)
  rows.card((card) => card.id === id, (card) => ({ ...card, ...Object.fromEntries(named), updated_at: at }))
}

const OF_PULLS = ['GET /api/tasks/{task_id}/pull_requests', 'GET /api/tasks/{task_id}/activity'] as const

/** What a card shows of its newest pull request; whoever shows more of it asks anew. */
function changePull(rows: Rows, { task_id, number }: LiveEvent & { number: number }, changes: Record<string, unknown>): void {
  rows.again(...OF_PULLS, 'GET /api/inbox')
  const { state, draft, checks, review, mergeable } = changes
  const named = Object.entries({ state, draft, checks, review, mergeable }).filter(([, value]) => value !== undefined)
  rows.card((card) => card.id === task_id && card.pull?.number === number, (card) => ({ ...card, pull: card.pull && { ...card.pull, ...Object.fromEntries(named) } }))
}

function changeRun(rows: Rows, event: LiveEvent, changes: (run: RunTold | RunDetail) => Partial<RunTold & Pick<RunDetail, 'usage'>>): void {
  rows.change('GET /api/runs', (row) => row.id === event.run_id, (row) => ({ ...row, ...changes(row) }))
  rows.change('GET /api/runs/{run_id}', (row) => row.id === event.run_id, (row) => ({ ...row, ...changes(row) }))
}

function become(rows: Rows, event: LiveEvent, state: State, changes: (run: RunTold | RunDetail) => Partial<RunTold>): void {
  changeRun(rows, event, (run) => ({ state, ...changes(run) }))
  const wait = event.kind === 'run.waiting' ? event : null
  rows.card((card) => card.run?.id === event.run_id, (card) => ({ ...card, run: card.run && { ...card.run, state, wait_reason: (wait?.reason ?? null) as WaitReason | null, wait_who: wait?.who ?? null } }))
}

function end(rows: Rows, event: LiveEvent, state: State, changes: Partial<RunTold>): void {
  rows.again('GET /api/inbox', 'GET /api/projects/summary', 'GET /api/runs/{run_id}', 'GET /api/budgets', 'GET /api/usage', 'GET /api/tasks/{task_id}/executions', 'GET /api/tasks/{task_id}/activity', 'GET /api/nodes')
  become(rows, event, state, () => ({ wait: null, may_cancel: false, ended_at: event.at, ...changes }))
}
