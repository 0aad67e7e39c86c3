/** Announces deleted sessions to other pages, so that a page that has one open stops writing it. */
export interface Deletions {
  announce(sessionId: string): void
  close(): void
}

export function createDeletions(databaseName: string, onDeleted: (sessionId: string) => void): Deletions {
  const name = `redux-voice-agent:${databaseName}:deleted`
  // Every browser with IndexedDB and WebCrypto has BroadcastChannel, so its absence is not handled.
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => onDeleted(String(data))
  return {
    announce: (sessionId) => channel.postMessage(sessionId),
    close: () => channel.close(),
  }
}
