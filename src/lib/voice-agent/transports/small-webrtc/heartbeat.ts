import type { Peer, TransportHost } from '../../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { RefusedRequest } from '../signalling-request.js'
import type { Link } from './bots.js'

/**
 * Milliseconds between pings. The server ends the call after 3 s of silence. This client detects a dead server within 4 s: the other
 * side's data channel acknowledges each ping even if the bot does not answer it.
 */
const KEEPALIVE_INTERVAL_MS = 500
/** Milliseconds until the server must say if it knows a silent connection. */
const ASK_LIMIT_MS = 2_000
/** Milliseconds after a ping in which Pipecat reliably forwards a message. It never forwards messages that arrive 3 s after the last ping. */
const FRESH_PING_MS = 1_000

/**
 * Milliseconds of silence after which a peer counts as gone. With a tick every 500 ms, a loss is detected within 4 s. Half a
 * second may pass before the first silent tick, and half before the last.
 */
const MAX_SILENCE_MS = 3_000
/** Milliseconds of silence after which it is worth asking the server. */
const NOTABLE_SILENCE_MS = 1_000
/** Ticks with a sign of life before silence counts, because a connection may be slow to start. */
const BEATS_TO_TRUST = 3
/** If two ticks are further apart than this, in milliseconds, the page was asleep, not the peer. */
const MAX_TICK_MS = 2_500

/**
 * Detects a dead peer by its missing signs of life. `connectionState` takes 16 s to detect a killed server.
 *
 * A silent bot is not dead: Pipecat answers no pings, and many bots send no audio between answers. Their host still acknowledges each
 * ping on the data channel (SCTP) and answers connectivity checks (STUN).
 */
export interface Heartbeat {
  /**
   * Call it about twice a second. A `silent` peer may be alive.
   *
   * @param receivedCount Count of everything received so far, on any layer.
   * @param now Milliseconds since the epoch.
   */
  tick(receivedCount: number, now: number): 'alive' | 'silent' | 'gone'
}

export function createHeartbeat(): Heartbeat {
  let lastReceivedCount = 0
  let lastTick: number | null = null
  let silentSince = 0
  let beats = 0

  return {
    tick(receivedCount, now) {
      const wasAsleep = lastTick !== null && now - lastTick > MAX_TICK_MS
      lastTick = now
      if (receivedCount !== lastReceivedCount) {
        lastReceivedCount = receivedCount
        beats++
        silentSince = now
      } else if (wasAsleep) silentSince = now
      const silence = beats >= BEATS_TO_TRUST ? now - silentSince : 0
      return silence >= MAX_SILENCE_MS ? 'gone' : silence >= NOTABLE_SILENCE_MS ? 'silent' : 'alive'
    },
  }
}

/** Pings a server that ends silent calls, and detects when the server is gone. */
export interface Keepalive {
  /** Starts pinging. */
  start(peer: Peer): void
  ping(peer: Peer): void
  /** Pings unless it has just done so: a frozen page has not. */
  refresh(peer: Peer): void
  stop(): void
}

/**
 * @param countTexts Counts the received messages.
 * @param signal Aborts when the transport is closed.
 */
export function createKeepalive(
  { emit, getToken }: Pick<TransportHost, 'emit' | 'getToken'>,
  link: () => Link | null,
  countTexts: () => number,
  signal: AbortSignal,
): Keepalive {
  const heartbeat = createHeartbeat()
  let timer: ReturnType<typeof setInterval> | undefined
  let isAsking = false
  /** True once a refused token was renewed. A second refusal is not the token's fault. */
  let hasRenewedToken = false
  let pingedAt = 0

  function ping(peer: Peer) {
    pingedAt = Date.now()
    peer.send(`ping: ${pingedAt}`)
  }

  /** Pings the server and checks that it is still there. */
  async function keepAlive(peer: Peer) {
    ping(peer)
    const receivedCount = countTexts() + (await peer.signsOfLife())
    if (signal.aborted) return
    const state = heartbeat.tick(receivedCount, Date.now())
    if (state === 'gone') emit({ type: 'connectionState', state: 'failed' })
    else if (state === 'silent') await askServer(receivedCount)
  }

  /** Asks the server if it knows a silent connection. A restarted server does not, so only a new connection can help. */
  async function askServer(receivedCount: number) {
    const silent = link()
    if (isAsking || !silent?.isKnown) return
    isAsking = true
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_LIMIT_MS)])
      const ask = async (renew: boolean) =>
        silent.signalling.addCandidates(silent.agent.pcId, [], await getToken(limit, { renew }), limit)
      await ask(false).catch((error: unknown) => {
        // A restarted server accepts only tokens that it has issued since.
        const isRefused = error instanceof VoiceAgentError && error.code === 'unauthorized'
        if (!isRefused || hasRenewedToken) throw error
        hasRenewedToken = true
        return ask(true)
      })
    } catch (error) {
      const isUnknown = error instanceof RefusedRequest && (error.status === 404 || error.status === 410)
      // In a server with several processes, the wrong one may have been asked.
      const isSilent = isUnknown && countTexts() + (await silent.peer.signsOfLife()) === receivedCount
      if (!isSilent || signal.aborted) return
      clearInterval(timer)
      emit({ type: 'connectionState', state: 'closed' })
    } finally {
      isAsking = false
    }
  }

  return {
    // Ignores errors, because browsers refuse to read the statistics of a connection that was just closed.
    start(peer) {
      timer = setInterval(() => void keepAlive(peer).catch(() => undefined), KEEPALIVE_INTERVAL_MS)
    },
    ping,
    refresh(peer) {
      if (Date.now() - pingedAt > FRESH_PING_MS) ping(peer)
    },
    stop: () => clearInterval(timer),
  }
}
