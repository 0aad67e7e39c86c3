// Runs the peer connections in the process that peers.ts starts. The conversations run in the server's process.
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
// Ends with the server.
process.on('disconnect', end)
// Ctrl+C signals every process of a terminal; the server ends this one after it has closed the calls.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

/** Kills the process, because libwebrtc sometimes crashes during a normal exit. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Creates a peer that runs orders and reports events. */
function createPeer(report: (report: Report) => void) {
  let peer: Peer | null = null
  let left = false
  let playing = new AbortController()

  const answerTo = async (question: Question, id: number): Promise<string> => {
    switch (question.type) {
      case 'open': {
        const onGone = () => {
          left = true
          // Without a peer, the offer was not answered, and the question is rejected.
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
