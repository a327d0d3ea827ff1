import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '@/live/live'
import { isChief, textOf } from '@/features/run/entries'
import { lineAt, Story } from '@/features/run/story'

let seq = 0
const told = (event: Partial<LiveEvent> & { kind: LiveEvent['kind'] }): LiveEvent =>
  ({ seq: ++seq, at: '2026-01-01T00:00:00Z', project_id: 1, task_id: 1, run_id: 'r', attempt: 1, ...event }) as LiveEvent
const tool = (id: string, status: string, output = '') => told({ kind: 'agent.tool', id, title: `Run ${id}`, tool: 'execute', status, input: '', output, changes: [] } as never)
const said = (text: string) => told({ kind: 'agent.message', text } as never)
const story = (...events: LiveEvent[]) => {
  const made = new Story()
  made.take(events)
  return made
}

describe('a story', () => {
  it('keeps one line for a tool call, however often it changes', () => {
    const { entries, tones } = story(tool('a', 'running'), said('Hello'), tool('a', 'failed', 'no such file'))
    expect(entries.map((entry) => entry.kind)).toEqual(['tool', 'message'])
    expect(entries[0]).toMatchObject({ status: 'failed', output: 'no such file', key: 0 })
    expect(tones).toHaveLength(2)
  })

  it('ends with the result, unless the agent has just said the same', () => {
    const done = (result: string) => told({ kind: 'run.completed', result, branch: null, head: null } as never)
    expect(story(said('Working.'), done('It is done.')).entries.map((entry) => entry.kind)).toEqual(['message', 'result', 'note'])
    expect(story(said('So: It is done.\n'), done('It is done.')).entries.map((entry) => entry.kind)).toEqual(['message', 'note'])
    expect(story(done(' ')).entries.map((entry) => entry.kind)).toEqual(['note'])
  })

  it('passes over what it knows already', () => {
    const hello = said('Hello')
    const made = story(hello, hello)
    made.take([hello])
    expect(made.entries).toHaveLength(1)
  })

  it('shows what is being said until it is a whole, and keeps what goes beyond', () => {
    const made = new Story()
    const piece = (text: string) => ({ ...told({ kind: 'agent.chunk', text, thought: false } as never), seq: undefined }) as unknown as LiveEvent
    made.take([piece('I will '), piece('greet. And')])
    expect(made.saying).toBe('I will greet. And')
    made.take([said('I will greet.')])
    expect(made.saying).toBe(' And')
  })

  it('tells with a question the rule that wanted it asked, and its answer', () => {
    const act = { tool: 'execute', command: 'git push', paths: [], hosts: [] }
    const made = story(
      told({ kind: 'question.asked', question: 'q', title: 'Push', detail: 'git push', options: [], act, tool: 't1', rule: 'ask git push *' } as never),
    )
    expect(made.entries).toHaveLength(1)
    expect(made.asked('q')).toMatchObject({ rule: 'ask git push *', answer: null })
    made.take([told({ kind: 'question.answered', question: 'q', option: 'no', text: 'Not on Friday', by: 'ann' } as never)])
    expect(made.asked('q')?.answer).toEqual({ option: 'no', text: 'Not on Friday', by: 'ann' })
  })

  it('tells its ears once for many events', async () => {
    const made = new Story()
    let heard = 0
    const both = new Promise<void>((done) => made.listen(() => (heard++, done())))
    for (let index = 0; index < 500; index++) made.take([said(`${index}`)])
    await both
    expect(heard).toBe(1)
    expect(made.entries).toHaveLength(500)
  })

  it('finds the line of an event, or the next', () => {
    const { entries } = story(said('one'), tool('x', 'completed'), said('two'))
    expect(lineAt(entries, entries[1]!.seq)).toBe(1)
    expect(lineAt(entries, entries[0]!.seq - 1)).toBe(0)
    expect(lineAt(entries, entries[2]!.seq + 1)).toBe(-1)
  })

  it('has chief lines, and all words of each', () => {
    const { entries } = story(tool('a', 'completed', 'fine'), tool('b', 'failed', 'broken'), said('Hello'))
    expect(entries.filter(isChief).map((entry) => textOf(entry))).toEqual(['Run b\nbroken', 'Hello'])
  })
})
