import type { RoomPorts } from './make-room.js'

/** Milliseconds after an attempt that freed nothing in which no other is made. */
const PAUSE_MS = 60_000

/**
 * Creates the function that frees disk space for a failed write. It resolves with true if the write is worth a retry, and never rejects.
 * Its code is loaded when the disk is full for the first time.
 */
export function createRoom(ports: RoomPorts): (neededBytes: number) => Promise<boolean> {
  let pausedUntil = 0
  return async (neededBytes) => {
    if (performance.now() < pausedUntil) return false
    try {
      const { makeRoom } = await import('./make-room.js')
      if (await makeRoom(ports, neededBytes)) return true
    } catch {
      // A disk or a network that fails as well: nothing is freed.
    }
    pausedUntil = performance.now() + PAUSE_MS
    return false
  }
}
