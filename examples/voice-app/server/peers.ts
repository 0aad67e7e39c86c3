import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Player } from './audio-out.js'
import { ApiError } from './errors.js'
import type { KeepaliveLimits } from './keepalive.js'
import type { Peer, PeerEvents } from './peer.js'
import type { AudioFrame } from './wrtc.js'

/** A question to a peer, which answers once with the question's `id`. */
export type Question =
  | { type: 'open'; offerSdp: string; limits: KeepaliveLimits }
  | { type: 'candidates'; candidates: readonly RTCIceCandidateInit[] }
  | { type: 'restart'; offerSdp: string }
  /** Answered when the samples are played or replaced. */
  | { type: 'play'; samples: Int16Array }

/** An order to a peer. */
export type Order =
  | (Question & { id: number })
  | { type: 'hush' }
  | { type: 'send'; text: string }
  | { type: 'close' }

/** A report of a peer. */
export type Report =
  | { type: 'answer'; id: number; sdp: string }
  | { type: 'refusal'; id: number; status: number; code: string; message: string }
  | { type: 'position'; id: number; played: number }
  | { type: 'message'; raw: unknown }
  | { type: 'audio'; frame: AudioFrame }
  | { type: 'gone' }

/** A message to the process: an order for a peer, or `end`, which runs after the previous orders. */
export type ToProcess = { peer: number; order: Order } | 'end'
/** A message from the process. */
export type FromProcess = { peer: number; report: Report }

/**
 * Runs peer connections in their own process, because the binding of libwebrtc sometimes crashes. It frees a data channel on one
 * thread while another sends on it. A crash loses no session: the next offer restarts the process, and its calls reconnect and
 * are resumed.
 */
export function createPeers() {
  let running: PeerProcess | null = null

  const prepare = (): PeerProcess => {
    if (running) return running
    const started = startProcess((reason) => {
      if (running !== started) return
      running = null
      console.error(`The process of the WebRTC connections ended (${reason}); callers reconnect.`)
    })
    running = started
    return started
  }

  return {
    /** Starts the process, so that the first call does not wait for it. */
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

/** Milliseconds for an offer's answer, which includes starting the process. A process that takes longer hangs in libwebrtc. */
const answerLimit = 20_000
/** Milliseconds that the process has to end. */
const endLimit = 2_000

const script = fileURLToPath(new URL('./peer-process.ts', import.meta.url))

function startProcess(onEnd: (reason: string | number | null) => void) {
  const child = fork(script, {
    execArgv: ['--import', 'tsx'],
    // Structured clone, so that audio is not converted to JSON.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const peers = new Map<number, RemotePeer>()
  let offers = 0

  const send = (message: ToProcess) => {
    // The callback keeps Node from throwing if the process has just ended; its `exit` event is handled below.
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
  const kill = () => child.kill('SIGKILL')
  child.on('message', ({ peer, report }: FromProcess) => peers.get(peer)?.hear(report))

  return {
    async open(offerSdp: string, events: PeerEvents, limits: KeepaliveLimits): Promise<Peer> {
      const number = ++offers
      const onGone = () => {
        peers.delete(number)
        events.onGone()
      }
      const peer = createRemotePeer((order) => send({ peer: number, order }), { ...events, onGone })
      peers.set(number, peer)
      const timer = setTimeout(kill, answerLimit)
      try {
        return await peer.open(offerSdp, limits)
      } finally {
        clearTimeout(timer)
      }
    },
    async end(): Promise<void> {
      send('end')
      const timer = setTimeout(kill, endLimit)
      await ended
      clearTimeout(timer)
    },
  }
}

type RemotePeer = ReturnType<typeof createRemotePeer>

/** Controls a peer connection in the other process. */
function createRemotePeer(send: (order: Order) => void, events: PeerEvents) {
  const waiting = new Map<number, { resolve: (sdp: string) => void; reject: (error: ApiError) => void }>()
  let playing: { id: number; onPosition: (played: number) => void } | null = null
  let questions = 0
  let closed = false

  const ask = (question: Question, id = ++questions) =>
    new Promise<string>((resolve, reject) => {
      if (closed) return reject(lost())
      waiting.set(id, { resolve, reject })
      send({ ...question, id })
    })

  const gone = () => {
    if (closed) return
    closed = true
    for (const { reject } of waiting.values()) reject(lost())
    events.onGone()
  }
  const close = () => {
    if (!closed) send({ type: 'close' })
    gone()
  }

  const play: Player['play'] = (samples, signal, onPosition) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const id = ++questions
      const done = () => {
        signal.removeEventListener('abort', stopPlaying)
        if (playing?.id === id) playing = null
        resolve()
      }
      const stopPlaying = () => {
        send({ type: 'hush' })
        done()
      }
      signal.addEventListener('abort', stopPlaying)
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
        const pending = waiting.get(report.id)
        waiting.delete(report.id)
        if (report.type === 'answer') pending?.resolve(report.sdp)
        else pending?.reject(new ApiError(report.status, report.code, report.message))
      }
    },

    async open(offerSdp: string, limits: KeepaliveLimits): Promise<Peer> {
      try {
        const sdp = await ask({ type: 'open', offerSdp, limits })
        return {
          sdp,
          audio: { play },
          send: (text) => send({ type: 'send', text }),
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
