import type { Peer } from '../../../../middleware/drivers/call/ports.js'

/** Milliseconds in which later candidates are batched into one request, as in Pipecat's client. */
const BATCH_INTERVAL_MS = 200

interface CandidateBody {
  candidate: string
  sdp_mid: string | null
  sdp_mline_index: number | null
}

/**
 * Sends a peer's candidates in batches, one request at a time and in order. Failed requests are ignored: the other
 * candidates may suffice, and otherwise `opened` rejects.
 *
 * Like Pipecat's client, never sends the end of candidates. Pipecat rejects a batch with an end mark without a media
 * line, and up to 1.5 any end mark (pipecat-ai/pipecat#5054).
 *
 * @param signal Stops sending and drops queued candidates.
 */
export function trickle(
  peer: Peer,
  send: (candidates: CandidateBody[]) => Promise<unknown>,
  signal: AbortSignal,
): void {
  let batch: CandidateBody[] = []
  /** Candidates found before the answer are sent without delay, because the connection may be waiting for them. */
  let delay = 0
  let sending: Promise<unknown> = Promise.resolve()
  let timer: ReturnType<typeof setTimeout> | undefined

  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })

  function flush() {
    timer = undefined
    const candidates = batch
    batch = []
    sending = sending.then(() => send(candidates)).catch(() => undefined)
  }

  peer.onCandidate((candidate) => {
    if (!candidate?.candidate || signal.aborted) return
    const { sdpMid, sdpMLineIndex } = candidate
    batch.push({ candidate: candidate.candidate, sdp_mid: sdpMid, sdp_mline_index: sdpMLineIndex })
    if (timer !== undefined) return
    timer = setTimeout(flush, delay)
    delay = BATCH_INTERVAL_MS
  })
}
