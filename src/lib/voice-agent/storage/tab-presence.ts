/** How long a living tab has to answer. It answers within a few milliseconds unless its main thread is busy. */
const ANSWER_MS = 150

/** Whether a tab with a certain id is there: asked and answered over a BroadcastChannel. */
export interface TabPresence {
  isAnswered(tabId: string): Promise<boolean>
  /** From here on answers for this tab. */
  answerFor(tabId: string): void
  close(): void
}

interface Ping {
  kind: 'ping' | 'pong'
  tabId: string
  /** Who asks, so that a page doesn't answer itself. */
  from: number
}

export function createTabPresence(databaseName: string): TabPresence {
  const name = `redux-voice-agent:${databaseName}:tabs`
  const self = Math.random()
  let answering: BroadcastChannel | null = null

  function open(): BroadcastChannel | null {
    return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
  }

  return {
    isAnswered(tabId) {
      const asking = open()
      if (!asking) return Promise.resolve(false)
      return new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), ANSWER_MS)
        asking.onmessage = ({ data }: MessageEvent<Ping>) => {
          if (data.kind !== 'pong' || data.tabId !== tabId) return
          clearTimeout(timer)
          resolve(true)
        }
        asking.postMessage({ kind: 'ping', tabId, from: self } satisfies Ping)
      }).finally(() => asking.close())
    },

    answerFor(tabId) {
      answering?.close()
      const channel = open()
      answering = channel
      if (!channel) return
      channel.onmessage = ({ data }: MessageEvent<Ping>) => {
        if (data.kind !== 'ping' || data.tabId !== tabId || data.from === self) return
        channel.postMessage({ kind: 'pong', tabId, from: self } satisfies Ping)
      }
    },

    close() {
      answering?.close()
      answering = null
    },
  }
}
