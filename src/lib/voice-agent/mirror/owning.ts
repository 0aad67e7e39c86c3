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
  const { actions } = host
  let owner: Owner | null = null
  let ownedId: string | null = null
  /** Counts the sessions and their keys, so that a slow start does not use an earlier key. */
  let generation = 0

  async function open(sessionId: string, isAwaited: boolean): Promise<void> {
    const own = generation
    const { moves } = await host.runtime()
    const channel = await moves.channelOf(sessionId)
    if (!channel || own !== generation || owner || signal.aborted) return
    const id = crypto.randomUUID()
    owner = createOwner({ host, moves, channel, sessionId, id, onMoved: () => onMoved(sessionId) })
    if (isAwaited) owner.announce()
  }

  function close(reason: 'left' | 'cleared'): void {
    generation++
    owner?.end(reason).catch(host.warn)
    owner = null
  }

  return {
    onAction(action) {
      owner?.onAction(action)
      // The session is stored again, perhaps with another key, for example after the user has changed the consent.
      if (actions.storageLost.match(action)) close('left')
      else if (actions.snapshotSaved.match(action) && ownedId !== null && !owner)
        open(ownedId, true).catch(host.warn)
    },
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
      ownedId = null
      close(reason)
    },
  }
}
