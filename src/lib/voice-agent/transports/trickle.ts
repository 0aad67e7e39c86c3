import type { Peer } from '../../../../middleware/webrtc/ports.js'

/** How long candidates are gathered into one request, in milliseconds; as the reference client does. */
const batchInterval = 200

interface CandidateBody {
  candidate: string
  sdp_mid: string | null
  sdp_mline_index: number | null
}

/**
 * Sends a peer's candidates in batches, one request at a time and in order. A request that fails is let go: the connection
 * is found by the other candidates, or `opened` says that it was not.
 *
 * The end of the candidates is not sent, as the reference client doesn't: Pipecat refuses the batch that a mark of the end
 * without a media line is in, and up to 1.5 any such mark (pipecat-ai/pipecat#5054).
 *
 * @param signal Ends it, together with what waits to be sent.
 */
export function trickle(
  peer: Peer,
  send: (candidates: CandidateBody[]) => Promise<unknown>,
  signal: AbortSignal,
): void {
  let batch: CandidateBody[] = []
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
    if (timer === undefined) timer = setTimeout(flush, batchInterval)
  })
}
