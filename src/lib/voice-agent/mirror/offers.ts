import type { MirrorHost } from './port.js'
import { RECEIVED } from './shared-state.js'

/** Offers another tab's conversation in a tab without one. */
export interface Offers {
  /** Starts looking, because this page has no conversation of its own to restore. */
  start(): void
  /** Looks for a conversation again, because the sessions of all tabs have changed. */
  look(): void
  /** Called when a conversation is followed, so that it can be offered again later. */
  onAccepted(): void
}

export interface OfferPorts {
  host: MirrorHost
  offer: 'duplicate' | 'any' | 'never'
  isFollowing(): boolean
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
}

export function createOffers({ host, offer, isFollowing, signal }: OfferPorts): Offers {
  let isStarted = false
  /** Session of the last offer, which is not repeated after the user has declined it. */
  let offeredId: string | null = null

  const hasConversation = () => host.present().session.id !== null || isFollowing()

  async function find(): Promise<string | null> {
    const runtime = await host.runtime()
    const original = runtime.moves.originalTabId()
    const sessions = (await runtime.listSessions()).filter(({ isOpenElsewhere }) => isOpenElsewhere)
    if (original === null && offer === 'duplicate') return null
    const found = sessions.find(({ tabId }) => tabId === original)
    return (found ?? (offer === 'any' ? sessions[0] : undefined))?.id ?? null
  }

  async function offerFound(): Promise<void> {
    if (hasConversation()) return
    const id = await find()
    if (signal.aborted || hasConversation() || id === offeredId) return
    offeredId = id
    host.dispatchSafely({
      type: `${host.path}/${RECEIVED}`,
      payload: { mirror: id === null ? null : { sessionId: id, status: 'offered' } },
    })
  }

  function look(): void {
    if (isStarted) offerFound().catch(host.warn)
  }

  return {
    start() {
      if (offer === 'never') return
      isStarted = true
      look()
    },
    look,
    onAccepted() {
      offeredId = null
    },
  }
}
