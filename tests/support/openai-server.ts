import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadWebRtc } from '../../examples/voice-app/server/wrtc.js'
import {
  createRealtimeDouble,
  type DoubleOptions,
  type Fields,
  type RealtimeDouble,
} from './realtime-double.js'

/** The API key that the double accepts. */
export const apiKey = 'sk-double'

/** One call to the double. */
export interface DoubleCall {
  id: string
  double: RealtimeDouble
  peer: RTCPeerConnection
  /** Events sent to the client. */
  sent: Fields[]
}

const sampleRate = 48_000
const frame = sampleRate / 100

/**
 * A double of OpenAI's servers over HTTP and WebRTC, on loopback: `POST /v1/realtime/client_secrets` and `POST /v1/realtime/calls`, with
 * {@link createRealtimeDouble} behind the data channel. It plays a tone during each response.
 */
export async function startOpenAiServer(options: Omit<Partial<DoubleOptions>, 'send'> = {}) {
  const secrets = new Map<string, Fields>()
  /** Bodies of the requests for a client secret. */
  const keyRequests: Fields[] = []
  const calls: DoubleCall[] = []
  const timers: ReturnType<typeof setInterval>[] = []

  async function open(offer: string, session: Fields): Promise<{ call: DoubleCall; sdp: string }> {
    const { RTCPeerConnection, nonstandard } = loadWebRtc()
    const peer = new RTCPeerConnection()
    const source = new nonstandard.RTCAudioSource()
    const sent: Fields[] = []
    let channel: RTCDataChannel | null = null
    const double = createRealtimeDouble({
      ...options,
      session: { ...options.session, ...session },
      send(event) {
        sent.push(event)
        if (channel?.readyState === 'open') channel.send(JSON.stringify(event))
      },
    })
    const call = { id: `rtc_${randomUUID().replaceAll('-', '').slice(0, 20)}`, double, peer, sent }
    calls.push(call)
    peer.ondatachannel = ({ channel: opened }) => {
      if (opened.label !== 'oai-events') return
      channel = opened
      opened.onmessage = ({ data }) => double.receive(String(data))
      const begin = () => double.open()
      if (opened.readyState === 'open') begin()
      else opened.onopen = begin
    }
    let position = 0
    const timer = setInterval(() => {
      const samples = new Int16Array(frame)
      if (double.isAnswering)
        for (let index = 0; index < frame; index++)
          samples[index] = 6_000 * Math.sin((2 * Math.PI * 440 * position++) / sampleRate)
      source.onData({ samples, sampleRate, bitsPerSample: 16, channelCount: 1, numberOfFrames: frame })
    }, 10)
    timers.push(timer)
    peer.onconnectionstatechange = () => {
      if (peer.connectionState !== 'closed' && peer.connectionState !== 'failed') return
      clearInterval(timer)
      double.stop()
    }
    await peer.setRemoteDescription({ type: 'offer', sdp: offer })
    peer.addTrack(source.createTrack())
    await peer.setLocalDescription(await peer.createAnswer())
    // The API accepts no trickled candidates. The server's are in the SDP answer.
    await new Promise<void>((resolve) => {
      const check = () => peer.iceGatheringState === 'complete' && resolve()
      peer.onicegatheringstatechange = check
      check()
    })
    return { call, sdp: peer.localDescription?.sdp ?? '' }
  }

  const bearer = ({ headers }: IncomingMessage) => headers.authorization?.replace(/^Bearer /, '') ?? ''

  function refuse(response: ServerResponse, status: number, code: string) {
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(
      JSON.stringify({ error: { message: 'Refused.', type: 'invalid_request_error', param: null, code } }),
    )
  }

  async function bodyOf(request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString('utf8')
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Allow-Headers', '*, Authorization')
    response.setHeader('Access-Control-Expose-Headers', 'Location')
    const path = request.url?.split('?')[0]
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    if (request.method !== 'POST') return refuse(response, 404, 'not_found')
    const body = await bodyOf(request)
    if (path === '/v1/realtime/client_secrets') {
      if (bearer(request) !== apiKey) return refuse(response, 401, 'invalid_api_key')
      const asked = JSON.parse(body) as Fields
      keyRequests.push(asked)
      const session = asked.session as Fields
      const value = `ek_${randomUUID().replaceAll('-', '')}`
      secrets.set(value, session)
      response.writeHead(200, { 'Content-Type': 'application/json' })
      return void response.end(
        JSON.stringify({ value, expires_at: Math.floor(Date.now() / 1000) + 600, session }),
      )
    }
    if (path !== '/v1/realtime/calls') return refuse(response, 404, 'not_found')
    const session = secrets.get(bearer(request))
    if (!session) return refuse(response, 401, 'invalid_api_key')
    if (!request.headers['content-type']?.startsWith('application/sdp'))
      return refuse(response, 400, 'invalid_content_type')
    const { call, sdp } = await open(body, session)
    response.writeHead(201, { 'Content-Type': 'application/sdp', Location: `/v1/realtime/calls/${call.id}` })
    response.end(sdp)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => refuse(response, 500, 'server_error'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    /** For `OPENAI_BASE_URL`. */
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls,
    keyRequests,
    async stop() {
      for (const timer of timers) clearInterval(timer)
      for (const { peer, double } of calls) {
        double.stop()
        peer.close()
      }
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type OpenAiServer = Awaited<ReturnType<typeof startOpenAiServer>>
