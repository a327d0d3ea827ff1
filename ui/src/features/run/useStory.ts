/** Fills a run's story: what was told before by pages, what is told now by the live stream, without a hole or a double between them. */
import { useQuery } from '@tanstack/react-query'
import { useRef, useState, useSyncExternalStore } from 'react'
import { call } from '@/api/client'
import { useEvents, type LiveEvent } from '@/live/live'
import { Story } from './story'

const FIRST_PAGE = 500
const PAGE = 5000

class Reader {
  readonly story = new Story()
  #reading: Promise<void> | null = null
  #held: LiveEvent[] = []

  constructor(readonly run: string) {}

  hear(events: LiveEvent[]): void {
    if (this.#reading) this.#held.push(...events)
    else this.story.take(events)
  }

  /** Resolves when the first page is there; the others follow. Rejects as `call` does. */
  async read(signal?: AbortSignal): Promise<number> {
    while (this.#reading) await this.#reading
    let isFirst!: (count: number) => void
    let isFailed!: (error: unknown) => void
    const first = new Promise<number>((resolve, reject) => ([isFirst, isFailed] = [resolve, reject]))
    this.#reading = this.#pages(isFirst, signal).catch(isFailed).finally(() => {
      this.#reading = null
      this.story.take(this.#held.splice(0))
    })
    return first
  }

  async #pages(isFirst: (count: number) => void, signal?: AbortSignal): Promise<void> {
    let limit = FIRST_PAGE
    for (;;) {
      const page = await call('GET /api/runs/{run_id}/events', { path: { run_id: this.run }, query: { after: this.story.last, limit }, signal })
      this.story.take(page.events as unknown as LiveEvent[])
      isFirst(this.story.entries.length)
      if (page.next === null) return
      limit = PAGE
    }
  }
}

export function useStory(run: string) {
  const [reader] = useState(() => new Reader(run))
  const isBegun = useRef(false)
  const { error, isPending, refetch } = useQuery({
    queryKey: ['run-story', run],
    queryFn: async () => {
      isBegun.current = true
      return reader.read()
    },
    gcTime: 0,
  })
  useEvents({ run }, (events) => reader.hear(events), () => {
    // What was told between the reading and this subscription.
    if (isBegun.current) reader.read().catch(() => refetch())
  })
  const version = useSyncExternalStore(reader.story.listen, () => reader.story.version)
  return { story: reader.story, version, error, isPending, refetch }
}
