/** Tells the other pages which sessions were deleted, so that the one that has it open stops writing it. */
export interface Deletions {
  announce(sessionId: string): void
  close(): void
}

export function createDeletions(databaseName: string, onDeleted: (sessionId: string) => void): Deletions {
  const name = `redux-voice-agent:${databaseName}:deleted`
  // Wherever there is a database to delete from: what runs this has had it since long before.
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => onDeleted(String(data))
  return {
    announce: (sessionId) => channel.postMessage(sessionId),
    close: () => channel.close(),
  }
}
