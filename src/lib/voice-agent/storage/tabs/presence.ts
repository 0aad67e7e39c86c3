/** Marks that a page sets in its sessionStorage, visible to pages with the same sessionStorage. */
export interface Marks {
  /** Returns the name of a new mark; null if sessionStorage is full or denied. */
  put(): string | null
  /** Returns null if sessionStorage is denied. */
  has(mark: string): boolean | null
  remove(mark: string): void
}

/** Answer from the page that owns an id. */
export interface Answer {
  /** Id of the page that answers. */
  from: number
  /** True if it sees the asking page's mark, so both share one sessionStorage; null if unknown. */
  seesMark: boolean | null
}

/** Questions from one page about one id. */
export interface Inquiry {
  /**
   * Asks. Resolves with the first answer to any question of this inquiry, or only to this one if it has a `freshMark`. Resolves
   * to null after `ms` milliseconds, or when the inquiry is closed.
   */
  ask(ms: number, freshMark?: string | null): Promise<Answer | null>
  close(): void
}

/** Finds out over a BroadcastChannel if a running page owns an id. */
export interface Presence {
  /** @param mark Name of a mark that the asking page has set in sessionStorage. */
  inquire(id: string, mark: string | null): Inquiry
  /** Opens the channel in advance of {@link answerFor}. */
  listen(): void
  /** Answers for this id until {@link stopAnswering}. */
  answerFor(id: string): void
  stopAnswering(id: string): void
  close(): void
}

interface Ping {
  kind: 'ping'
  id: string
  /** Id of the asking page, so that it does not answer itself. */
  from: number
  question: number
  mark: string | null
}

interface Pong {
  kind: 'pong'
  id: string
  /** Id of the page that asked. */
  to: number
  from: number
  question: number
  seesMark: boolean | null
}

/** @param seesMark Returns true if the mark is in this page's sessionStorage. */
export function createPresence(name: string, seesMark: (mark: string) => boolean | null): Presence {
  const self = Math.random()
  const ids = new Set<string>()
  let answering: BroadcastChannel | null = null

  function open(): BroadcastChannel | null {
    return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
  }

  function listen(): void {
    if (answering) return
    const channel = open()
    answering = channel
    if (!channel) return
    channel.onmessage = ({ data }: MessageEvent<Ping | Pong>) => {
      if (data.kind !== 'ping' || !ids.has(data.id) || data.from === self) return
      const { id, from, question, mark } = data
      const answer = { seesMark: mark === null ? null : seesMark(mark) }
      channel.postMessage({ kind: 'pong', id, to: from, from: self, question, ...answer } satisfies Pong)
    }
  }

  return {
    inquire(id, mark) {
      const asking = open()
      let last: Pong | null = null
      let listener: (pong: Pong) => void = () => {}
      let giveUp = () => {}
      let question = 0
      let isClosed = false
      if (asking) {
        asking.onmessage = ({ data }: MessageEvent<Ping | Pong>) => {
          if (data.kind !== 'pong' || data.id !== id || data.to !== self) return
          last = data
          listener(data)
        }
      }
      return {
        ask(ms, freshMark) {
          const asked = ++question
          const isFresh = freshMark !== undefined
          const answers = (pong: Pong | null) => pong !== null && (!isFresh || pong.question === asked)
          if (answers(last)) return Promise.resolve(last)
          if (!asking || isClosed) return Promise.resolve(null)
          return new Promise((resolve) => {
            giveUp = () => {
              clearTimeout(timer)
              resolve(null)
            }
            const timer = setTimeout(() => {
              // An owner that does not repeat its answer is now silent, so the answer no longer counts.
              if (isFresh) last = null
              giveUp()
            }, ms)
            listener = (pong) => {
              if (!answers(pong)) return
              clearTimeout(timer)
              resolve(pong)
            }
            const ping: Ping = {
              kind: 'ping',
              id,
              from: self,
              question: asked,
              mark: isFresh ? freshMark : mark,
            }
            asking.postMessage(ping)
          })
        },
        close() {
          isClosed = true
          asking?.close()
          giveUp()
        },
      }
    },

    listen,

    answerFor(id) {
      ids.add(id)
      listen()
    },

    stopAnswering: (id) => void ids.delete(id),

    close() {
      ids.clear()
      answering?.close()
      answering = null
    },
  }
}
