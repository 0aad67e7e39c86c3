// The process of the peer connections, started by peers.ts. What is said in them is thought of on the other side.
import { ApiError } from './errors.js'
import { openPeer, type Peer } from './peer.js'
import type { FromProcess, Order, Question, Report, ToProcess } from './peers.js'

const peers = new Map<number, (order: Order) => void>()

process.on('message', (message: ToProcess) => {
  if (message === 'end') return end()
  const { peer, order } = message
  if (order.type === 'open') {
    const report = (report: Report) => {
      if (report.type === 'gone' || report.type === 'refusal') peers.delete(peer)
      if (process.connected) process.send?.({ peer, report } satisfies FromProcess, () => {})
    }
    peers.set(peer, createPeer(report))
  }
  peers.get(peer)?.(order)
})
// Without the server there is nobody to speak for.
process.on('disconnect', end)
// Ctrl+C goes to every process of a terminal: the server says goodbye first.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

/** At once: libwebrtc crashes at times in a process that ends by itself. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Carries out what one peer is told, and reports what it hears. */
function createPeer(report: (report: Report) => void) {
  let peer: Peer | null = null
  let left = false
  let playing = new AbortController()

  const answerTo = async (question: Question, id: number): Promise<string> => {
    switch (question.type) {
      case 'open': {
        const onGone = () => {
          left = true
          // An offer that could not be answered is refused.
          if (peer) report({ type: 'gone' })
        }
        const onMessage = (raw: unknown) => report({ type: 'message', raw })
        peer = await openPeer(
          question.offerSdp,
          { onMessage, onGone, onAudio: (frame) => report({ type: 'audio', frame }) },
          question.limits,
        )
        if (left) report({ type: 'gone' })
        return peer.sdp
      }
      case 'candidates':
        await peer?.addCandidates(question.candidates)
        return ''
      case 'restart':
        return (await peer?.restartIce(question.offerSdp)) ?? ''
      case 'play':
        playing = new AbortController()
        await peer?.audio.play(question.samples, playing.signal, (played) =>
          report({ type: 'position', id, played }),
        )
        return ''
    }
  }

  return (order: Order): void => {
    if (order.type === 'send') peer?.send(order.text)
    else if (order.type === 'hush') playing.abort()
    else if (order.type === 'close') peer?.close()
    else {
      const { id } = order
      answerTo(order, id).then(
        (sdp) => report({ type: 'answer', id, sdp }),
        (error: unknown) => {
          const { status, code, message } =
            error instanceof ApiError ? error : new ApiError(500, 'internal', 'Something went wrong here.')
          report({ type: 'refusal', id, status, code, message })
        },
      )
    }
  }
}
