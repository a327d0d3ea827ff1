// The cache of what was asked, changed row by row as the live stream tells. Above: apply.ts. Below: TanStack Query.

import type { QueryClient } from '@tanstack/react-query'
import type { Operation, Result } from '../api/client'
import type { BoardTold, CardTold } from '../api/schema'

type RowOf<T> = T extends ReadonlyArray<infer R> ? R : T

const GATHER_MS = 200

export function rows(client: QueryClient) {
  const stale = new Set<Operation>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function flush() {
    timer = undefined
    for (const operation of stale) void client.invalidateQueries({ queryKey: [operation] })
    stale.clear()
  }

  return {
    /** Ask these again soon: once for however many events within a moment. */
    again(...operations: Operation[]) {
      for (const operation of operations) stale.add(operation)
      timer ??= setTimeout(flush, GATHER_MS)
    },

    /** Change the row wherever it is kept: in every answer to a list, or in the one answer that is the row. */
    change<O extends Operation>(operation: O, is: (row: RowOf<Result<O>>) => boolean, to: (row: RowOf<Result<O>>) => RowOf<Result<O>>) {
      // An answer under way may have been read before this happened: it is asked for once more.
      if (client.isFetching({ queryKey: [operation] })) this.again(operation)
      client.setQueriesData<Result<O>>({ queryKey: [operation] }, (kept) => {
        if (kept === undefined) return undefined
        if (!Array.isArray(kept)) return is(kept as RowOf<Result<O>>) ? (to(kept as RowOf<Result<O>>) as Result<O>) : kept
        const list = kept as Array<RowOf<Result<O>>>
        const at = list.findIndex(is)
        return at < 0 ? kept : (list.with(at, to(list[at]!)) as Result<O>)
      })
    },

    /** Change a card on every board that is kept; `to` null: take it off. */
    card(is: (card: CardTold) => boolean, to: (card: CardTold) => CardTold | null) {
      client.setQueriesData<BoardTold>({ queryKey: ['GET /api/board' satisfies Operation] }, (kept) => {
        const at = kept?.cards.findIndex(is) ?? -1
        if (!kept || at < 0) return kept
        const next = to(kept.cards[at]!)
        return { ...kept, cards: next ? kept.cards.with(at, next) : kept.cards.toSpliced(at, 1) }
      })
    },

    /** Take the row out of every answer to a list. */
    drop<O extends Operation>(operation: O, is: (row: RowOf<Result<O>>) => boolean) {
      client.setQueriesData<Result<O>>({ queryKey: [operation] }, (kept) => {
        const list = (Array.isArray(kept) ? kept : []) as Array<RowOf<Result<O>>>
        return list.some(is) ? (list.filter((row) => !is(row)) as Result<O>) : kept
      })
    },
  }
}

export type Rows = ReturnType<typeof rows>
