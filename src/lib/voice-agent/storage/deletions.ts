/** Tells the other pages which sessions were deleted, so that the one that has it open stops writing it. */
export interface Deletions {
  /** Whether what other pages announce is heard here: not in browsers without BroadcastChannel. */
  readonly areHeard: boolean
  announce(sessionId: string): void
  close(): void
}

export function createDeletions(databaseName: string, onDeleted: (sessionId: string) => void): Deletions {
  const name = `redux-voice-agent:${databaseName}:deleted`
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
  if (channel) channel.onmessage = ({ data }: MessageEvent<unknown>) => onDeleted(String(data))
  return {
    areHeard: channel !== null,
    announce: (sessionId) => channel?.postMessage(sessionId),
    close: () => channel?.close(),
  }
}
