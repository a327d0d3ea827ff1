// What is done to cards: shown at once, said to the hub, and taken back when it refuses or somebody wishes so.

import { useQueryClient } from '@tanstack/react-query'
import { call, type ApiError } from '@/api/client'
import type { BoardTold, CardTold, TaskChanges } from '@/api/schema'
import { toast, toastError } from '@/kit/toast'
import { labelOf, columnOf, type Move } from './columns'

const BOARD = ['GET /api/board']

const named = (cards: readonly CardTold[]) => (cards.length === 1 ? cards[0]!.key : `${cards.length} tasks`)

export function useActs() {
  const client = useQueryClient()
  const again = () => client.invalidateQueries({ queryKey: BOARD })

  function show(change: (cards: CardTold[]) => CardTold[]) {
    client.setQueriesData<BoardTold>({ queryKey: BOARD }, (kept) => kept && { ...kept, cards: change(kept.cards) })
  }

  function put(ids: ReadonlySet<number>, changes: (card: CardTold) => Partial<CardTold>) {
    show((cards) => cards.map((card) => (ids.has(card.id) ? { ...card, ...changes(card) } : card)))
  }

  /** Say it to the hub; what was shown already is read anew if it refuses. */
  async function say(done: string, ...asks: ReadonlyArray<() => Promise<{ undo: string }>>) {
    const tokens: string[] = []
    try {
      for (const ask of asks) tokens.push((await ask()).undo)
      toast(done, { undo: () => void takeBack(tokens) })
    } catch (error) {
      toastError(error as ApiError)
      void again()
    }
  }

  async function takeBack(tokens: readonly string[]) {
    try {
      for (const token of tokens.toReversed()) await call('POST /api/undo/{token}', { path: { token } })
      toast('Undone')
    } catch (error) {
      toastError(error)
    }
    void again()
  }

  const ids = (cards: readonly CardTold[]) => new Set(cards.map(({ id }) => id))

  return {
    /** `agent`: also starts a run for each. */
    move(cards: readonly CardTold[], { position, ...move }: Move, agent: string | null = null) {
      put(ids(cards), (card) => ({ status: move.status, position: position + cards.indexOf(card) * 1e-9 }))
      const where = labelOf(columnOf(move))
      const done = agent ? `${named(cards)} started with ${agent}` : `${named(cards)} moved to ${move.status === 'blocked' ? 'Blocked' : where}`
      if (!agent) return say(done, () => call('POST /api/tasks/bulk', { body: { ids: [...ids(cards)], move } }))
      // One request for each: a run that cannot begin must not keep the others from beginning.
      return say(done, ...cards.map(({ id }) => () => call('POST /api/tasks/{task_id}/move', { path: { task_id: id }, body: { ...move, agent } })))
    },

    change(cards: readonly CardTold[], changes: TaskChanges) {
      const { assigned_agent_type: agent, priority, title } = changes
      put(ids(cards), (card) => ({ ...(priority ? { priority } : {}), ...(title ? { title } : {}), ...(agent === undefined ? {} : { agent: agent ?? card.agent }) }))
      return say(`${named(cards)} changed`, () => call('POST /api/tasks/bulk', { body: { ids: [...ids(cards)], changes } }))
    },

    async label(cards: readonly CardTold[], { add = [], remove = [] }: { add?: string[]; remove?: string[] }) {
      await say(add.length ? `${named(cards)} labelled ${add.join(', ')}` : `${remove.join(', ')} taken off ${named(cards)}`, () => call('POST /api/tasks/bulk', { body: { ids: [...ids(cards)], label: { add, remove } } }))
      await again()
    },

    delete(cards: readonly CardTold[]) {
      const gone = ids(cards)
      show((kept) => kept.filter(({ id }) => !gone.has(id)))
      return say(`${named(cards)} deleted`, () => call('POST /api/tasks/bulk', { body: { ids: [...gone], delete: true } }))
    },
  }
}

export type Acts = ReturnType<typeof useActs>
