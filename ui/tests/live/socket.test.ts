import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { listen, type Ears, type LiveEvent } from '@/live/socket'

/** The hub's end of the socket, played by the test. */
class PlayedSocket {
  static OPEN = 1
  static CLOSING = 2
  static all: PlayedSocket[] = []
  static get last() {
    return PlayedSocket.all.at(-1)!
  }
  readyState = 0
  sent: unknown[] = []
  onopen?: () => void
  onmessage?: (message: { data: string }) => void
  onclose?: (event: { code: number }) => void
  constructor(readonly url: string) {
    PlayedSocket.all.push(this)
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.readyState = 3
  }
  open() {
    this.readyState = 1
    this.onopen?.()
  }
  tell(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  breakOff(code = 1006) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

const NOTHING = { runs: [], tasks: [], projects: [] }
const event = (seq: number | undefined, kind = 'task.deleted') => ({ kind, seq, key: 'X-1', at: '', project_id: 1, task_id: 1, run_id: null, attempt: null }) as unknown as LiveEvent
let heard: LiveEvent[]
let resumed: boolean[]
let statuses: string[]
let tickets: number
let stream: ReturnType<typeof listen>

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', PlayedSocket)
  PlayedSocket.all = []
  ;[heard, resumed, statuses, tickets] = [[], [], [], 0]
  const ears: Ears = {
    wanted: () => NOTHING,
    learn: (events) => heard.push(...events),
    resumed: (anew) => resumed.push(anew),
    changed: (status) => statuses.push(status),
    ticket: () => Promise.resolve(`ticket ${++tickets}`),
  }
  stream = listen(ears)
})

afterEach(() => {
  stream.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function begin(head: number) {
  PlayedSocket.last.open()
  PlayedSocket.last.tell({ subscribed: NOTHING, head })
}

test('the first subscription names no place and reads all anew', () => {
  begin(17)
  expect(PlayedSocket.last.sent).toEqual([{ subscribe: { ...NOTHING, board: true } }])
  expect(resumed).toEqual([true])
  expect(stream.status()).toBe('open')
})

test('a stream that broke off is taken up behind the last event that was told', () => {
  begin(17)
  PlayedSocket.last.tell({ events: [event(18), event(19)] })
  PlayedSocket.last.breakOff()
  expect(stream.status()).toBe('offline')
  vi.advanceTimersByTime(300)
  begin(25)
  expect(PlayedSocket.last.sent).toEqual([{ subscribe: { ...NOTHING, board: true }, after: 19 }])
  expect(resumed).toEqual([true, false])
})

test('an event that was told twice is learnt once, and what is only shown is always learnt', () => {
  begin(17)
  PlayedSocket.last.tell({ events: [event(18), event(18), event(undefined, 'agent.chunk'), event(undefined, 'agent.chunk'), event(16)] })
  expect(heard.map(({ seq }) => seq)).toEqual([18, undefined, undefined])
})

test('behind another database all is read anew', () => {
  begin(17)
  PlayedSocket.last.breakOff()
  vi.advanceTimersByTime(300)
  begin(3)
  expect(resumed).toEqual([true, true])
  PlayedSocket.last.tell({ events: [event(4)] })
  expect(heard.map(({ seq }) => seq)).toEqual([4])
})

test('who was too slow comes back at once and is never called offline', () => {
  begin(17)
  PlayedSocket.last.breakOff(4408)
  vi.advanceTimersByTime(0)
  expect(PlayedSocket.all).toHaveLength(2)
  expect(statuses).toEqual(['open'])
})

test('waiting grows from try to try, to ten seconds', () => {
  const waits = []
  for (let round = 0; round < 6; round++) {
    const before = PlayedSocket.all.length
    PlayedSocket.last.breakOff()
    let waited = 0
    while (PlayedSocket.all.length === before) {
      waited += 100
      vi.advanceTimersByTime(100)
    }
    waits.push(waited)
  }
  expect(waits).toEqual([300, 1000, 2000, 5000, 10_000, 10_000])
})

test('an answer is matched by its name, a refusal is thrown with its sentence', async () => {
  begin(17)
  const first = stream.say({ answer: { question: 'q', option: 'yes' } })
  const second = stream.say({ answer: { question: 'r', option: 'yes' } })
  const [, one, two] = PlayedSocket.last.sent as Array<{ id: string }>
  PlayedSocket.last.tell({ error: 'It has been answered.', id: two!.id })
  PlayedSocket.last.tell({ answered: { run: 'r1' }, id: one!.id })
  await expect(first).resolves.toMatchObject({ answered: { run: 'r1' } })
  await expect(second).rejects.toThrow('It has been answered.')
})

test('what was asked when the wire broke is refused, not left hanging', async () => {
  begin(17)
  const asked = stream.say({ prompt: { run: 'r', text: 'more' } })
  PlayedSocket.last.breakOff()
  await expect(asked).rejects.toThrow('broke off')
})

test('to a hub of a team it brings a ticket, a new one each time, and goes on where it broke off', async () => {
  PlayedSocket.last.breakOff(4401)
  await vi.advanceTimersByTimeAsync(0)
  begin(17)
  expect(PlayedSocket.last.sent).toEqual([{ ticket: 'ticket 1' }, { subscribe: { ...NOTHING, board: true } }])
  PlayedSocket.last.breakOff(4401) // the session has ended: who signs in again misses nothing
  await vi.advanceTimersByTimeAsync(0)
  begin(19)
  expect(PlayedSocket.last.sent).toEqual([{ ticket: 'ticket 2' }, { subscribe: { ...NOTHING, board: true }, after: 17 }])
  expect(statuses).not.toContain('offline')
})

test('a hub that does not take its own tickets is not asked without pause', async () => {
  PlayedSocket.last.breakOff(4401)
  await vi.advanceTimersByTimeAsync(0)
  PlayedSocket.last.open()
  PlayedSocket.last.breakOff(4401)
  await vi.advanceTimersByTimeAsync(100)
  expect(PlayedSocket.all).toHaveLength(2)
  expect(stream.status()).toBe('offline')
})

test('with other rights it comes back at once and all is read anew', () => {
  begin(17)
  PlayedSocket.last.breakOff(4403)
  begin(19)
  expect(resumed).toEqual([true, true])
  expect(statuses).not.toContain('offline')
})
