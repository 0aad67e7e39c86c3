import type { RoomPorts } from './make-room.js'

/** Milliseconds to wait after an attempt that freed nothing. */
const PAUSE_MS = 60_000

/**
 * Creates the function that frees disk space for a failed write. It resolves with true if the write is worth retrying, and never rejects.
 * Its code loads the first time that the disk is full.
 */
export function createRoom(ports: RoomPorts): (neededBytes: number) => Promise<boolean> {
  let pausedUntil = 0
  return async (neededBytes) => {
    if (performance.now() < pausedUntil) return false
    try {
      const { makeRoom } = await import('./make-room.js')
      if (await makeRoom(ports, neededBytes)) return true
    } catch {
      // The disk or the network failed too, so nothing is freed.
    }
    pausedUntil = performance.now() + PAUSE_MS
    return false
  }
}
