/** Milliseconds until a page counts as gone. A live page answers within a few, unless its main thread is busy. */
const ANSWER_MS = 150

/** Finds out over a BroadcastChannel if a live page owns an id. */
export interface Presence {
  /** Asks all other pages. Resolves to true if one of them answers for the id. */
  isAnswered(id: string): Promise<boolean>
  /** Opens the channel, so that {@link answerFor} need not. */
  listen(): void
  /** Answers for this id until {@link stopAnswering}. */
  answerFor(id: string): void
  stopAnswering(id: string): void
  close(): void
}

interface Ping {
  kind: 'ping' | 'pong'
  id: string
  /** Id of the asking page, so that it does not answer itself. */
  from: number
}

export function createPresence(name: string): Presence {
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
    channel.onmessage = ({ data }: MessageEvent<Ping>) => {
      if (data.kind !== 'ping' || !ids.has(data.id) || data.from === self) return
      channel.postMessage({ kind: 'pong', id: data.id, from: self } satisfies Ping)
    }
  }

  return {
    isAnswered(id) {
      const asking = open()
      if (!asking) return Promise.resolve(false)
      return new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), ANSWER_MS)
        asking.onmessage = ({ data }: MessageEvent<Ping>) => {
          if (data.kind !== 'pong' || data.id !== id) return
          clearTimeout(timer)
          resolve(true)
        }
        asking.postMessage({ kind: 'ping', id, from: self } satisfies Ping)
      }).finally(() => asking.close())
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
