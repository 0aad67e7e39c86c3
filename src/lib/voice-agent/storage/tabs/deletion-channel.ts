/** Announces deleted sessions, and erasures, to other pages, so that a page that has one open stops writing it. */
export interface Deletions {
  announce(sessionId: string): void
  /** @param generation Id of the generation of the database that ended. */
  announceErasure(generation: string): void
  close(): void
}

export function createDeletions(
  databaseName: string,
  onDeleted: (sessionId: string) => void,
  onErased: () => void,
): Deletions {
  const name = `redux-voice-agent:${databaseName}:deleted`
  // Every browser with IndexedDB and WebCrypto has BroadcastChannel, so its absence is not handled.
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object') onErased()
    else onDeleted(String(data))
  }
  return {
    announce: (sessionId) => channel.postMessage(sessionId),
    announceErasure: (erased) => channel.postMessage({ erased }),
    close: () => channel.close(),
  }
}
