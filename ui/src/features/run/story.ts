/**
 * All that is known of one run's timeline: lines are only added, or take the place of what they were. Kept outside of React, told to
 * it at most ten times a second. Above: the run's page. Below: entries.ts.
 */
import type { LiveEvent } from '@/live/live'
import { codeOf, lineOf, type Asked, type Body, type Entry } from './entries'

const FLUSH_MS = 100
/** Drawing takes at most this share of the time, on a slow machine too. */
const SHARE = 0.25
const SAYING_AT_MOST = 20_000

export class Story {
  readonly entries: Entry[] = []
  /** Of each line what colour it has, as its place in `TONES`. */
  readonly tones: number[] = []
  /** The last event that was taken in. */
  last = 0
  /** What the agent is saying just now, before it is a message. */
  saying = ''
  thinking = ''
  /** Counts the changes that were told. */
  version = 0

  readonly #at = new Map<string, number>() // tools, questions and checks by name, to the line they have
  readonly #authors = new Map<number, string>() // of the prompts that wait
  readonly #ears = new Set<() => void>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #toldAt = 0
  #pause = FLUSH_MS

  listen = (ear: () => void): (() => void) => {
    this.#ears.add(ear)
    return () => void this.#ears.delete(ear)
  }

  /** The line of a question that was asked. */
  asked(question: string): Asked | undefined {
    const entry = this.entries[this.#at.get(`question ${question}`) ?? -1]
    return entry?.kind === 'question' ? entry : undefined
  }

  /** Events in order; those that are known already are passed over. */
  take(events: readonly LiveEvent[]): void {
    for (const event of events) {
      if (event.seq !== undefined) {
        if (event.seq <= this.last) continue
        this.last = event.seq
      }
      this.#learn(event)
    }
    this.#tell()
  }

  #learn(event: LiveEvent): void {
    switch (event.kind) {
      case 'agent.chunk':
        if (event.thought) this.thinking = (this.thinking + event.text).slice(-SAYING_AT_MOST)
        else this.saying = (this.saying + event.text).slice(-SAYING_AT_MOST)
        return
      case 'agent.message':
        this.saying = rest(this.saying, event.text)
        break
      case 'agent.thought':
        this.thinking = rest(this.thinking, event.text)
        break
      case 'agent.log': {
        const before = this.entries.at(-1)
        if (before?.kind === 'log' && before.text.length < SAYING_AT_MOST) return this.#become(before.key, { kind: 'log', text: `${before.text}\n${event.text}` })
        break
      }
      case 'agent.tool':
        return this.#put(`${event.attempt} tool ${event.id}`, event)
      case 'agent.plan': {
        const before = this.entries.at(-1)
        if (before?.kind === 'plan') return this.#become(before.key, { kind: 'plan', steps: event.entries })
        break
      }
      case 'check.started':
      case 'check.ended':
        return this.#put(`${event.attempt} check ${event.name} ${event.round}`, event)
      case 'permission.decided':
        // What a person is asked is told with the question.
        if (event.effect !== 'ask') break
        return
      case 'question.asked':
        return this.#ask(event)
      case 'question.answered':
        return this.#answer(event.question, { option: event.option, text: event.text, by: event.by })
      case 'prompt.queued':
      case 'prompt.changed':
        this.#authors.set(event.number, event.by)
        return
      case 'run.completed':
        this.saying = this.thinking = ''
        if (event.result.trim() && !this.#hasSaid(event.result)) this.#add(event, { kind: 'result', text: event.result })
        break
      case 'attempt.ended':
      case 'attempt.lost':
      case 'run.failed':
      case 'run.cancelled':
        this.saying = this.thinking = ''
        break
    }
    const body = lineOf(event)
    if (body?.kind === 'prompt' && body.number) body.by = this.#authors.get(body.number) ?? null
    if (body) this.#add(event, body)
  }

  #add(event: LiveEvent, body: Body): number {
    const key = this.entries.length
    this.entries.push({ ...body, key, seq: event.seq ?? this.last, at: event.at, attempt: event.attempt })
    this.tones.push(codeOf(body))
    return key
  }

  #become(key: number, body: Body): void {
    const { seq, at, attempt } = this.entries[key]!
    this.entries[key] = { ...body, key, seq, at, attempt }
    this.tones[key] = codeOf(body)
  }

  #put(name: string, event: LiveEvent): void {
    const body = lineOf(event)
    const key = this.#at.get(name)
    if (!body) return
    if (key === undefined) this.#at.set(name, this.#add(event, body))
    else this.#become(key, body)
  }

  #ask(event: LiveEvent & { kind: 'question.asked' }): void {
    const body = lineOf(event) as Asked
    this.#at.set(`question ${event.question}`, this.#add(event, body))
  }

  #answer(question: string, answer: Asked['answer']): void {
    const asked = this.asked(question) as (Asked & Entry) | undefined
    if (asked) this.entries[asked.key] = { ...asked, answer }
  }

  /** Most agents end with their result as a message; others name it only at the end. */
  #hasSaid(result: string): boolean {
    const last = this.entries.findLast((entry) => entry.kind === 'message')
    return last?.kind === 'message' && last.text.trim().endsWith(result.trim())
  }

  #tell(): void {
    if (this.#timer !== undefined) return
    const wait = Math.max(0, this.#toldAt + this.#pause - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#toldAt = performance.now()
      this.version++
      for (const ear of this.#ears) ear()
      // React draws before this: it has queued that first.
      queueMicrotask(() => (this.#pause = Math.max(FLUSH_MS, (performance.now() - this.#toldAt) / SHARE)))
    }, wait)
  }
}

/** What is being said beyond what is now a whole. */
const rest = (saying: string, whole: string): string => (saying.startsWith(whole) ? saying.slice(whole.length) : '')

/** The line that holds the event, or the one after it; -1 when there is none. */
export function lineAt(entries: readonly Entry[], seq: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]!.seq < seq) low = middle + 1
    else high = middle
  }
  return low < entries.length ? low : -1
}
