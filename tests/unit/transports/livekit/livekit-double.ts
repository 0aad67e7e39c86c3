import * as client from 'livekit-client'
import type { LiveKitClient } from '../../../../src/lib/voice-agent/transports/livekit/client.js'

type Listener = (...args: unknown[]) => void
type Handler = (reader: unknown, from: { identity: string }) => void
type Method = (call: {
  requestId: string
  callerIdentity: string
  payload: string
  responseTimeout: number
}) => Promise<string>

/** Members of LiveKit's `Room` and `LocalParticipant` that the double implements. A name that LiveKit doesn't have fails to compile. */
type RoomMember = Extract<
  keyof client.Room,
  | 'state'
  | 'remoteParticipants'
  | 'localParticipant'
  | 'on'
  | 'once'
  | 'off'
  | 'removeAllListeners'
  | 'connect'
  | 'disconnect'
  | 'registerTextStreamHandler'
  | 'registerByteStreamHandler'
  | 'registerRpcMethod'
>
type LocalMember = Extract<
  keyof client.LocalParticipant,
  'identity' | 'publishTrack' | 'getTrackPublication' | 'performRpc' | 'sendText' | 'publishData'
>

/** A server with one room and one agent, from the transport's point of view. */
export interface LiveKitDouble {
  load: () => Promise<LiveKitClient>
  /** Rooms that were joined. */
  readonly joined: FakeRoom[]
  /** The agent that is in the room on joining; null for none. */
  agent: FakeAgent | null
  /** Responds to calls of the agent's methods. */
  onRpc(method: string, payload: string): string
  onText(topic: string, text: string): void
  onData(text: string): void
  /** The error with which the server rejects a join. */
  refusal: unknown
  sentTrack(): unknown
}

export interface FakeAgent {
  identity: string
  sid: string
  kind: client.ParticipantKind
  attributes: Record<string, string>
  audioTrackPublications: Map<string, { isSubscribed: boolean; track?: { mediaStreamTrack: unknown } }>
}

export const createAgent = (sid = 'PA_1'): FakeAgent => ({
  identity: 'agent-1',
  sid,
  kind: client.ParticipantKind.AGENT,
  attributes: { 'lk.agent.state': 'listening' },
  audioTrackPublications: new Map(),
})

/** A text stream whose chunks the test sends. */
export function createStream(id: string, attributes: Record<string, string>) {
  const parts: (string | null)[] = []
  let wake: () => void = () => {}
  const waitForPart = (resolve: () => void) => {
    wake = resolve
  }
  const reader = {
    info: { id, attributes },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (parts.length === 0) await new Promise<void>(waitForPart)
        const part = parts.shift() ?? null
        if (part === null) return
        yield part
      }
    },
    async readAll() {
      let text = ''
      for await (const part of reader) text += part
      return text
    },
  }
  const push = (part: string | null) => {
    parts.push(part)
    wake()
  }
  return {
    reader,
    write: (text: string) => push(text),
    end(more: Record<string, string> = {}) {
      reader.info.attributes = { ...reader.info.attributes, ...more }
      push(null)
    },
  }
}

class FakeSender {
  track: unknown
  constructor(track: unknown) {
    this.track = track
  }
  async replaceTrack(track: unknown) {
    this.track = track
  }
}

/** LiveKit's room without a network. */
export class FakeRoom implements Record<RoomMember, unknown> {
  static server: LiveKitDouble
  state = client.ConnectionState.Disconnected
  remoteParticipants = new Map<string, FakeAgent>()
  readonly listeners = new Map<string, Set<Listener>>()
  readonly texts = new Map<string, Handler>()
  readonly bytes = new Map<string, Handler>()
  readonly methods = new Map<string, Method>()
  readonly sentTexts: { text: string; options: client.SendTextOptions | undefined }[] = []
  publication: { track: { sender: FakeSender } } | undefined
  readonly localParticipant: Record<LocalMember, unknown>

  constructor() {
    const { server } = FakeRoom
    const room = this
    this.localParticipant = {
      identity: 'user-1',
      async publishTrack(track: unknown) {
        room.publication = { track: { sender: new FakeSender(track) } }
        room.emit(client.RoomEvent.LocalTrackPublished, room.publication)
        return room.publication
      },
      getTrackPublication: () => room.publication,
      async performRpc({ method, payload }: client.PerformRpcParams) {
        return server.onRpc(method, payload)
      },
      async sendText(text: string, options?: client.SendTextOptions) {
        room.sentTexts.push({ text, options })
        server.onText(options?.topic ?? '', text)
      },
      async publishData(data: Uint8Array) {
        server.onData(new TextDecoder().decode(data))
      },
    }
  }

  on(name: string, listener: Listener) {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(listener))
    return this
  }
  once(name: string, listener: Listener) {
    return this.on(name, listener)
  }
  off(name: string, listener: Listener) {
    this.listeners.get(name)?.delete(listener)
    return this
  }
  removeAllListeners() {
    this.listeners.clear()
    return this
  }
  emit(name: client.RoomEvent, ...args: unknown[]) {
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(...args)
  }
  async connect() {
    const { server } = FakeRoom
    await Promise.resolve()
    if (server.refusal !== null) throw server.refusal
    this.state = client.ConnectionState.Connected
    server.joined.push(this)
    this.emit(client.RoomEvent.SignalConnected)
    if (server.agent) this.remoteParticipants.set(server.agent.identity, server.agent)
  }
  async disconnect() {
    this.state = client.ConnectionState.Disconnected
    const { joined } = FakeRoom.server
    if (joined.includes(this)) joined.splice(joined.indexOf(this), 1)
  }
  registerTextStreamHandler(topic: string, handler: Handler) {
    this.texts.set(topic, handler)
  }
  registerByteStreamHandler(topic: string, handler: Handler) {
    this.bytes.set(topic, handler)
  }
  registerRpcMethod(name: string, method: Method) {
    this.methods.set(name, method)
  }
}

/** LiveKit's own client with the double's room. Enums, errors and names are real. */
export function createLiveKitDouble(): LiveKitDouble {
  const double: LiveKitDouble = {
    load: async () => {
      FakeRoom.server = double
      return { ...client, Room: FakeRoom } as unknown as LiveKitClient
    },
    joined: [],
    agent: createAgent(),
    onRpc() {
      throw new client.RpcError(client.RpcError.ErrorCode.UNSUPPORTED_METHOD, 'Unsupported method')
    },
    onText() {},
    onData() {},
    refusal: null,
    sentTrack: () => double.joined.at(-1)?.publication?.track.sender.track,
  }
  return double
}

/** Replaces the `AudioContext` with which browsers create the silent track. */
export class FakeAudioContext {
  createMediaStreamDestination() {
    return { channelCount: 2, stream: { getAudioTracks: () => [{ kind: 'audio', stop() {} }] } }
  }
  async close() {}
}
