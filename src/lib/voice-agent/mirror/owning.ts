import { createOwner, type Owner } from './owner.js'
import type { MirrorHost } from './port.js'

/** The session of this tab, which other tabs may mirror. */
export interface Owning {
  /** See {@link Owner.onAction}. */
  onAction: Owner['onAction']
  /** Id of the session that this page owns or is about to own; null without one. */
  readonly sessionId: string | null
  /** Number of tabs that mirror it. */
  readonly mirrors: number
  /** @param isTaken True if the session came from another tab, so mirrors may be waiting for its new owner. */
  begin(sessionId: string, isTaken: boolean): void
  end(reason: 'left' | 'cleared'): void
}

export interface OwningPorts {
  host: MirrorHost
  /** Called after a session has moved to another tab. */
  onMoved(sessionId: string): void
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
}

export function createOwning({ host, onMoved, signal }: OwningPorts): Owning {
  let owner: Owner | null = null
  let ownedId: string | null = null

  async function open(sessionId: string, isTaken: boolean): Promise<void> {
    const { moves } = await host.runtime()
    const channel = await moves.channelOf(sessionId)
    if (!channel || ownedId !== sessionId || owner || signal.aborted) return
    const id = crypto.randomUUID()
    owner = createOwner({ host, moves, channel, sessionId, id, onMoved: () => onMoved(sessionId) })
    if (isTaken) owner.announce()
  }

  return {
    onAction: (action) => owner?.onAction(action),
    get sessionId() {
      return ownedId
    },
    get mirrors() {
      return owner?.mirrors ?? 0
    },
    begin(sessionId, isTaken) {
      ownedId = sessionId
      open(sessionId, isTaken).catch(host.warn)
    },
    end(reason) {
      const ended = owner
      owner = null
      ownedId = null
      ended?.end(reason).catch(host.warn)
    },
  }
}
