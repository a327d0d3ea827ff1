import { describe, expect, test } from 'vitest'
import type { CardTold } from '@/api/schema'
import { arranged, isThere, moveTo } from '@/features/board/columns'
import { fitting, readSearch } from '@/features/board/filters'

let last = 0
const card = (given: Partial<CardTold>): CardTold => {
  const id = given.id ?? ++last
  return { id, project_id: 1, key: `DEMO-${id}`, title: 'A task', status: 'todo', priority: 'medium', agent: null, assignee: null, parent_id: null, position: id, pr_url: null, pr_number: null, updated_at: '', run: null, labels: [], comments: 0, attachments: 0, blocked: 0, done: 0, total: 0, ...given }
}

describe('columns', () => {
  test('a blocked card stands among what is to do, by its position', () => {
    const columns = arranged([card({ id: 1, position: 2 }), card({ id: 2, status: 'blocked', position: 1 }), card({ id: 3, status: 'done' })])
    expect(columns.todo.map(({ id }) => id)).toEqual([2, 1])
    expect(columns.done.map(({ id }) => id)).toEqual([3])
  })

  test('a card is put after the one above it, or before the one below', () => {
    const [one, two, moved] = [card({ id: 1, status: 'done', position: 1 }), card({ id: 2, status: 'done', position: 2 }), card({ id: 9 })]
    const columns = arranged([one, two, moved])
    expect(moveTo(columns, { column: 'done', index: 1 }, [moved])).toEqual({ status: 'done', after: 1, position: 1.5 })
    expect(moveTo(columns, { column: 'done', index: 0 }, [moved])).toEqual({ status: 'done', before: 1, position: 0 })
    expect(moveTo(columns, { column: 'in_review', index: 0 }, [moved])).toEqual({ status: 'in_review', position: 0 })
  })

  test('the moved card is no neighbour of its own', () => {
    const [one, two, three] = [card({ id: 1, position: 1 }), card({ id: 2, position: 2 }), card({ id: 3, position: 3 })]
    expect(moveTo(arranged([one, two, three]), { column: 'todo', index: 2 }, [two])).toEqual({ status: 'todo', after: 1, position: 2 })
  })

  test('a blocked card stays blocked in its column and takes no neighbour of another status', () => {
    const [one, blocked] = [card({ id: 1, position: 1 }), card({ id: 2, status: 'blocked', position: 2 })]
    expect(moveTo(arranged([one, blocked]), { column: 'todo', index: 0 }, [blocked]).status).toBe('blocked')
    expect(moveTo(arranged([one, blocked]), { column: 'todo', index: 0 }, [blocked]).before).toBeUndefined()
  })

  test('above and below itself is where it is', () => {
    const [one, two] = [card({ id: 1, position: 1 }), card({ id: 2, position: 2 })]
    const columns = arranged([one, two])
    expect([0, 1, 2].map((index) => isThere(columns, { column: 'todo', index }, [one]))).toEqual([true, true, false])
    expect(isThere(columns, { column: 'done', index: 0 }, [one])).toBe(false)
  })
})

describe('filters', () => {
  test('an address says what it can mean, the rest is left out', () => {
    expect(readSearch({ project: 'DEMO', status: 'lost', q: 12, label: 'bug', view: 'x', more: 1 })).toEqual({ project: 'DEMO', q: '12', label: ['bug'] })
  })

  test('cards meet all words, all labels, the agent', () => {
    const cards = [
      card({ id: 1, title: 'Mend the login', agent: 'goose', labels: [{ name: 'Bug', colour: 'red' }] }),
      card({ id: 2, title: 'Mend the logout' }),
    ]
    const ids = (filters: Parameters<typeof fitting>[1]) => fitting(cards, filters).map(({ id }) => id)
    expect(ids({ q: 'mend logout' })).toEqual([2])
    expect(ids({ q: 'demo-1' })).toEqual([1])
    expect(ids({ label: ['bug'] })).toEqual([1])
    expect(ids({ agent: 'none' })).toEqual([2])
    expect(ids({})).toEqual([1, 2])
  })
})
