/** Events that pages report to the process outside the browser. `at` is the time by the page's clock. */
export type Note =
  | { type: 'loaded'; page: string; at: number }
  /** The storage reported that these messages of the session are on disk. */
  | { type: 'saved'; sessionId: string; texts: string[]; at: number }
  /** The app chose these for deletion, because the disk is full. */
  | { type: 'chosen'; sessionIds: string[] }
  | { type: 'deleted'; sessionIds: string[]; reason: string; page: string; at: number }

/** A conversation as a page with the right passphrase finds it at the end. */
export interface Found {
  id: string
  recoveredFrom: string | null
  /** Null if it did not open. */
  texts: string[] | null
  /** Why it did not open. */
  reason: string | null
}

export interface Judgement {
  /** Conversations that had been reported as saved, and were neither deleted by the app nor proven to be expired. */
  expected: number
  /** Conversations that the app chose for deletion, or that were proven to be expired. */
  deleted: number
  /** One sentence for each conversation that is lost, or lost a message. */
  losses: string[]
}

const minute = 60_000
const day = 24 * 60 * minute
export const RETENTION_MS = 7 * day
const longestAbsence = 30 * day
/** A save may be reported this long after the change that it saved, in milliseconds. */
const reportDelay = 10_000

interface Reading {
  at: number
  page: string
}

interface Saved {
  texts: Set<string>
  /** Time of the last save, by the clock at that time, and its position among the readings. */
  at: number
  reading: number
}

/**
 * Remembers, outside the browser, the messages that pages reported as saved. Judges at the end whether all of them still exist. It knows
 * only the package's documentation, not its records.
 */
export class Oracle {
  readonly #saved = new Map<string, Saved>()
  readonly #given = new Set<string>()
  readonly #removed = new Set<string>()
  readonly #readings: Reading[] = []
  readonly #deletions = new Map<string, string>()

  note(note: Note): void {
    if (note.type === 'chosen') {
      for (const id of note.sessionIds) this.#given.add(id)
    } else if (note.type === 'saved') {
      this.#noteSaved(note)
    } else {
      this.#readings.push({ at: note.at, page: note.page })
      if (note.type === 'loaded') return
      for (const id of note.sessionIds) this.#deletions.set(id, note.reason)
    }
  }

  /** The user deletes this conversation. @param isDone True once the page reported its deletion. */
  noteRemoval(sessionId: string, isDone: boolean): void {
    this.#given.add(sessionId)
    if (isDone) this.#removed.add(sessionId)
  }

  get sessionIds(): string[] {
    return [...this.#saved.keys()]
  }

  #noteSaved({ sessionId, texts, at }: Extract<Note, { type: 'saved' }>): void {
    const before = this.#saved.get(sessionId)
    this.#readings.push({ at, page: '' })
    this.#saved.set(sessionId, {
      texts: new Set([...(before?.texts ?? []), ...texts]),
      at,
      reading: this.#readings.length - 1,
    })
  }

  judge(found: readonly Found[]): Judgement {
    const byId = new Map(found.map((entry) => [entry.id, entry]))
    const judgement: Judgement = { expected: 0, deleted: 0, losses: [] }
    for (const [id, saved] of this.#saved) {
      const entry = byId.get(id)
      const isGone = !entry
      if (isGone && (this.#given.has(id) || this.#isProvenOld(saved))) {
        judgement.deleted++
        continue
      }
      if (this.#removed.has(id)) judgement.losses.push(`${id} was deleted by the user, but is back`)
      judgement.expected++
      const loss = isGone
        ? `is gone (${this.#deletions.get(id) ?? 'without a word'})`
        : lossOf(entry, saved, copiesOf(id, found))
      if (loss) judgement.losses.push(`${id} ${loss}`)
    }
    for (const { id, texts } of found) {
      if (texts && new Set(texts).size < texts.length) judgement.losses.push(`${id} has messages twice`)
    }
    return judgement
  }

  /**
   * True for the documented proof: two pages, a day apart, found it older than the retention. Their clock had not jumped for the whole
   * retention. Any page since the last save may have found it.
   */
  #isProvenOld({ at, reading }: Saved): boolean {
    const updatedAt = at - reportDelay
    const later = this.#readings.slice(reading + 1)
    return later.some((second, index) => {
      const first = later
        .slice(0, index)
        .some((early) => early.page !== second.page && second.at - early.at >= day && isOld(early.at))
      return first && isOld(second.at) && this.#ranFor(reading + 1 + index)
    })

    function isOld(now: number): boolean {
      return now - updatedAt >= RETENTION_MS
    }
  }

  /** True if the clock had run without a jump for the retention until this reading. */
  #ranFor(last: number): boolean {
    const end = this.#readings[last]?.at ?? 0
    for (let index = last; index > 0; index--) {
      const gap = (this.#readings[index]?.at ?? 0) - (this.#readings[index - 1]?.at ?? 0)
      if (gap < -minute || gap > longestAbsence) return false
      if (end - (this.#readings[index - 1]?.at ?? end) >= RETENTION_MS) return true
    }
    return false
  }
}

/** Finds the copies that the package made of a conversation because two tabs continued it, and their copies. */
function copiesOf(id: string, found: readonly Found[]): Found[] {
  const copies = found.filter(({ recoveredFrom }) => recoveredFrom === id)
  return [...copies, ...copies.flatMap((copy) => copiesOf(copy.id, found))]
}

function lossOf(entry: Found, { texts }: Saved, copies: readonly Found[]): string | null {
  if (!entry.texts) return `does not open (${entry.reason})`
  const there = new Set([entry, ...copies].flatMap((one) => one.texts ?? []))
  const missing = [...texts].filter((text) => !there.has(text))
  return missing.length > 0 ? `lost ${missing.length} of ${texts.size} saved messages: ${missing}` : null
}
