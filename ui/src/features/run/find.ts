/** Find in a run: the lines that hold the words. Goes on where it stopped when the run goes on. Pure. */
import { textOf, type Entry } from './entries'

export class Finder {
  readonly hits: number[] = []
  readonly #word: string
  #upTo = 0

  constructor(readonly query: string) {
    this.#word = query.toLowerCase()
  }

  /** Positions in `shown` that hold the words. */
  in(shown: readonly Entry[]): readonly number[] {
    if (!this.#word) return []
    for (; this.#upTo < shown.length; this.#upTo++) if (textOf(shown[this.#upTo]!).toLowerCase().includes(this.#word)) this.hits.push(this.#upTo)
    return this.hits
  }
}
