import type { ReadOnlySession } from '../../../../middleware/drivers/storage/ports.js'
import type { MirrorHost } from './port.js'
import type { Received } from './shared-state.js'

/** Loads earlier messages of a mirrored conversation from disk, because the owner posts only the last ones. */
export interface EarlierReader {
  load(): Promise<void>
  close(): void
}

export function createEarlierReader(
  host: MirrorHost,
  sessionId: string,
  receive: (received: Received) => void,
): EarlierReader {
  let reading: Promise<ReadOnlySession> | null = null
  let isClosed = false

  async function open(): Promise<ReadOnlySession> {
    const tools = await (await host.runtime()).tools()
    const session = await tools.openReadOnly(sessionId)
    if (isClosed) session.close()
    return session
  }

  return {
    async load() {
      reading ??= open()
      const opened = reading
      const session = await opened.catch((error: unknown) => {
        if (reading === opened) reading = null
        throw error
      })
      const { firstLoadedIndex: end } = host.present().conversation
      while (session.get().firstLoadedIndex >= end && session.get().hasEarlier && !isClosed)
        await session.loadEarlier()
      if (isClosed) return
      const { messages, firstLoadedIndex } = session.get()
      const payload = { messages: messages.slice(0, end - firstLoadedIndex), firstLoadedIndex }
      if (payload.messages.length > 0) receive({ actions: [{ name: 'earlierMessagesLoaded', payload }] })
    },
    close() {
      isClosed = true
      reading?.then(
        (session) => session.close(),
        () => {},
      )
    },
  }
}
