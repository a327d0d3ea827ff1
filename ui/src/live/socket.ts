// The live stream: one WebSocket for this tab, resumed where it broke off. Above: live.ts. Below: nothing.

import type { AnyEvent } from '../api/events'

/** What each event carries beside its own fields. `seq` is missing from what is only shown and never kept. */
export interface Told {
  seq?: number
  at: string
  actor?: string | null
  project_id: number | null
  task_id: number | null
  run_id: string | null
  attempt: number | null
}
export type LiveEvent = AnyEvent & Told
export type LiveStatus = 'connecting' | 'open' | 'offline'
export interface Wanted {
  runs: string[]
  tasks: number[]
  projects: number[]
}
export interface Answer {
  question: string
  option: string
  text?: string
}
export interface Prompt {
  run: string
  text: string
  steer?: boolean
}
type Frame =
  | { events: LiveEvent[] }
  | { subscribed: Wanted; head: number }
  | { refused: Wanted }
  | { answered: Record<string, unknown>; id?: string }
  | { prompted: Record<string, unknown>; id?: string }
  | { error: string; id?: string }

export interface Ears {
  wanted(): Wanted
  learn(events: LiveEvent[]): void
  /** After each subscription. `anew`: the hub does not know our place, and all must be read again. */
  resumed(anew: boolean): void
  changed(status: LiveStatus): void
  /** What proves to the hub of a team whose stream this is; waits until somebody has signed in. */
  ticket(): Promise<string>
}

const BACKOFF_SECONDS = [0.3, 1, 2, 5, 10]
const REPLY_SECONDS = 20
const SIGN_IN_FIRST = 4401
const OTHER_RIGHTS = 4403
const TOO_SLOW = 4408

export type Stream = ReturnType<typeof listen>

export class Refused extends Error {}

export function listen(ears: Ears) {
  let socket: WebSocket | null = null
  let status: LiveStatus = 'connecting'
  let seq: number | null = null // the last event that was told; null before the first subscription
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0
  let isTicketed = false // the hub does not know us by the connection alone
  let areRightsOther = false // what was read by the old ones is read anew
  let isAsking = false
  let isClosed = false
  const replies = new Map<string, { resolve(frame: Frame): void; reject(error: Error): void }>()

  function become(next: LiveStatus) {
    if (next === status) return
    status = next
    ears.changed(next)
  }

  function connect() {
    clearTimeout(timer)
    if (isAsking || (socket && socket.readyState < WebSocket.CLOSING)) return
    if (!isTicketed) return open()
    isAsking = true
    ears
      .ticket()
      .then(open, again)
      .finally(() => (isAsking = false))
  }

  function open(ticket?: string) {
    if (isClosed) return
    const mine = (socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/live`))
    mine.onopen = () => {
      if (ticket) mine.send(JSON.stringify({ ticket }))
      subscribe()
    }
    mine.onmessage = ({ data }) => {
      if (mine === socket) hear(JSON.parse(String(data)) as Frame)
    }
    mine.onclose = ({ code }) => {
      if (mine !== socket) return
      for (const reply of replies.values()) reply.reject(new Refused('The connection to the hub broke off.'))
      replies.clear()
      isTicketed ||= code === SIGN_IN_FIRST
      areRightsOther ||= code === OTHER_RIGHTS
      if (code === TOO_SLOW) timer = setTimeout(connect, 0)
      else if ((code === SIGN_IN_FIRST || code === OTHER_RIGHTS) && failures++ === 0) {
        become('connecting')
        connect()
      } else again()
    }
  }

  function again() {
    if (isClosed) return
    become('offline')
    timer = setTimeout(connect, BACKOFF_SECONDS[Math.min(failures++, BACKOFF_SECONDS.length - 1)]! * 1000)
  }

  /** Say what is wanted now; takes the place of what was wanted before. */
  function subscribe() {
    if (socket?.readyState !== WebSocket.OPEN) return
    const place = seq === null ? {} : { after: seq }
    socket.send(JSON.stringify({ subscribe: { ...ears.wanted(), board: true }, ...place }))
  }

  function hear(frame: Frame) {
    if ('events' in frame) {
      const fresh = frame.events.filter((event) => {
        if (event.seq === undefined) return true
        if (seq !== null && event.seq <= seq) return false
        seq = event.seq
        return true
      })
      if (fresh.length) ears.learn(fresh)
    } else if ('subscribed' in frame) {
      failures = 0
      const anew = seq === null || areRightsOther || frame.head < seq // a smaller head: another database stands behind the address
      areRightsOther = false
      seq = anew || seq === null ? frame.head : Math.max(seq, frame.head)
      become('open')
      ears.resumed(anew)
    } else if ('id' in frame && frame.id !== undefined) {
      const reply = replies.get(frame.id)
      replies.delete(frame.id)
      if ('error' in frame) reply?.reject(new Refused(frame.error))
      else reply?.resolve(frame)
    }
  }

  /** One word of the tab's own, answered by one word. Rejects with `Refused`. */
  function say(word: { answer: Answer } | { prompt: Prompt }): Promise<Frame> {
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Refused('The hub is not connected.'))
    const id = `t${++asked}`
    socket.send(JSON.stringify({ ...word, id }))
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        replies.delete(id)
        reject(new Refused('The hub does not answer.'))
      }, REPLY_SECONDS * 1000)
      replies.set(id, {
        resolve: (frame) => (clearTimeout(late), resolve(frame)),
        reject: (error) => (clearTimeout(late), reject(error)),
      })
    })
  }

  function close() {
    isClosed = true
    clearTimeout(timer)
    removeEventListener('online', connect)
    removeEventListener('pageshow', connect)
    const mine = socket
    socket = null
    mine?.close()
  }

  addEventListener('online', connect)
  addEventListener('pageshow', connect)
  connect()
  return { subscribe, say, close, status: () => status }
}
