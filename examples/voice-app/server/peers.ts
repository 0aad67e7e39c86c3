import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Player } from './audio-out.js'
import { ApiError } from './errors.js'
import type { KeepaliveLimits } from './keepalive.js'
import type { Peer, PeerEvents } from './peer.js'
import type { AudioFrame } from './wrtc.js'

/** What a peer is asked; it answers once, with the question's `id`. */
export type Question =
  | { type: 'open'; offerSdp: string; limits: KeepaliveLimits }
  | { type: 'candidates'; candidates: readonly RTCIceCandidateInit[] }
  | { type: 'restart'; offerSdp: string }
  /** Answered when the samples were played, or others took their place. */
  | { type: 'play'; samples: Int16Array }

/** What a peer is told. */
export type Order =
  | (Question & { id: number })
  | { type: 'hush' }
  | { type: 'send'; text: string }
  | { type: 'close' }

/** What a peer tells. */
export type Report =
  | { type: 'answer'; id: number; sdp: string }
  | { type: 'refusal'; id: number; status: number; code: string; message: string }
  | { type: 'position'; id: number; played: number }
  | { type: 'message'; raw: unknown }
  | { type: 'audio'; frame: AudioFrame }
  | { type: 'gone' }

/** To the process: an order for one of its peers, or to end when it has done what it was told before. */
export type ToProcess = { peer: number; order: Order } | 'end'
/** From the process. */
export type FromProcess = { peer: number; report: Report }

/**
 * Peer connections, in a process of their own: libwebrtc's binding crashes at times when it sends in the very moment in which
 * the other side leaves, because it frees the data channel on one thread while another uses it. Such a crash costs no
 * session: the next offer starts the process anew, and the calls that were in it come back and are resumed.
 */
export function createPeers() {
  let running: PeerProcess | null = null

  const prepare = (): PeerProcess => {
    if (running) return running
    const started = startProcess((reason) => {
      if (running !== started) return
      running = null
      console.error(`The process of the WebRTC connections ended (${reason}); callers connect anew.`)
    })
    running = started
    return started
  }

  return {
    /** Starts the process, so that the first call need not wait for it. */
    prepare: () => void prepare(),
    /** Answers an offer. Rejects with ApiError: 400 `offer_invalid`, 503 `peer_lost`. */
    open: (offerSdp: string, events: PeerEvents, limits: KeepaliveLimits = {}): Promise<Peer> =>
      prepare().open(offerSdp, events, limits),
    async dispose(): Promise<void> {
      const last = running
      running = null
      await last?.end()
    },
  }
}

export type Peers = ReturnType<typeof createPeers>
type PeerProcess = ReturnType<typeof startProcess>

const script = fileURLToPath(new URL('./peer-process.ts', import.meta.url))

function startProcess(onEnd: (reason: string | number | null) => void) {
  const child = fork(script, {
    execArgv: ['--import', 'tsx'],
    // Sound as it is, not as text.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const peers = new Map<number, RemotePeer>()
  let offers = 0

  const tell = (message: ToProcess) => {
    // With a callback Node does not throw when the process has just ended: its end is heard of anyway.
    if (child.connected) child.send(message, () => {})
  }
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string | number | null) => {
      for (const peer of peers.values()) peer.gone()
      onEnd(reason)
      resolve()
    }
    child.once('exit', (code, signal) => end(signal ?? code))
    child.once('error', ({ message }) => end(message))
  })
  child.on('message', ({ peer, report }: FromProcess) => peers.get(peer)?.hear(report))

  return {
    open(offerSdp: string, events: PeerEvents, limits: KeepaliveLimits): Promise<Peer> {
      const number = ++offers
      const onGone = () => {
        peers.delete(number)
        events.onGone()
      }
      const peer = createRemotePeer((order) => tell({ peer: number, order }), { ...events, onGone })
      peers.set(number, peer)
      return peer.open(offerSdp, limits)
    },
    async end(): Promise<void> {
      tell('end')
      await ended
    },
  }
}

type RemotePeer = ReturnType<typeof createRemotePeer>

/** One peer connection of the other process. */
function createRemotePeer(tell: (order: Order) => void, events: PeerEvents) {
  const waiting = new Map<number, { resolve: (sdp: string) => void; reject: (error: ApiError) => void }>()
  let playing: { id: number; onPosition: (played: number) => void } | null = null
  let questions = 0
  let closed = false

  const ask = (question: Question, id = ++questions) =>
    new Promise<string>((resolve, reject) => {
      if (closed) return reject(lost())
      waiting.set(id, { resolve, reject })
      tell({ ...question, id })
    })

  const gone = () => {
    if (closed) return
    closed = true
    for (const { reject } of waiting.values()) reject(lost())
    events.onGone()
  }
  const close = () => {
    if (!closed) tell({ type: 'close' })
    gone()
  }

  const play: Player['play'] = (samples, signal, onPosition) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const id = ++questions
      const done = () => {
        signal.removeEventListener('abort', hush)
        if (playing?.id === id) playing = null
        resolve()
      }
      const hush = () => {
        tell({ type: 'hush' })
        done()
      }
      signal.addEventListener('abort', hush)
      playing = { id, onPosition }
      ask({ type: 'play', samples }, id).then(done, done)
    })

  return {
    gone,

    hear(report: Report): void {
      if (closed) return
      if (report.type === 'message') events.onMessage(report.raw)
      else if (report.type === 'audio') events.onAudio(report.frame)
      else if (report.type === 'gone') gone()
      else if (report.type === 'position') {
        if (report.id === playing?.id) playing.onPosition(report.played)
      } else {
        const asked = waiting.get(report.id)
        waiting.delete(report.id)
        if (report.type === 'answer') asked?.resolve(report.sdp)
        else asked?.reject(new ApiError(report.status, report.code, report.message))
      }
    },

    async open(offerSdp: string, limits: KeepaliveLimits): Promise<Peer> {
      try {
        const sdp = await ask({ type: 'open', offerSdp, limits })
        return {
          sdp,
          audio: { play },
          send: (text) => tell({ type: 'send', text }),
          async addCandidates(candidates) {
            await ask({ type: 'candidates', candidates })
          },
          restartIce: (offer) => ask({ type: 'restart', offerSdp: offer }),
          close,
        }
      } catch (error) {
        gone()
        throw error
      }
    },
  }
}

const lost = () => new ApiError(503, 'peer_lost', 'The connection was lost. Connect again.')
