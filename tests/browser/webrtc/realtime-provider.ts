import { vi } from 'vitest'
import {
  createRealtimeDouble,
  type DoubleOptions,
  type Fields,
  type RealtimeDouble,
} from '../../support/realtime-double.js'

/**
 * A double of OpenAI's Realtime API in this page. Real peer connections end at a {@link createRealtimeDouble}, and a double of `fetch`
 * replaces the HTTP server. The test sends the events of responses, unless `isAnswering`.
 */
export function startRealtimeProvider({
  isAnswering = false,
  ...options
}: Omit<Partial<DoubleOptions>, 'send'> = {}) {
  /** The server side of each call. */
  const doubles: RealtimeDouble[] = []
  /** Events that the doubles sent to the client. */
  const sent: Fields[] = []
  const peers: RTCPeerConnection[] = []
  const channels: RTCDataChannel[] = []
  const calls: { url: string; headers: Headers; body: string }[] = []
  const received: Fields[] = []
  const refusals: (() => Response)[] = []
  const audio = new AudioContext()
  let tokens = 0
  let items = 0
  /** Handles an event before the double does. Returns true if the test responds to it. */
  let intercept: (event: Fields) => boolean = () => false

  const sendRaw = (text: string) => channels.at(-1)?.send(text)
  const send = (type: string, fields: Fields = {}) =>
    sendRaw(JSON.stringify({ type, event_id: `event_${++items}`, ...fields }))

  function onEvent(event: Fields) {
    received.push(event)
    if (intercept(event)) return
    if (isAnswering || activeResponse === '') return doubles.at(-1)?.receive(JSON.stringify(event))
    if (event.type === 'response.cancel') {
      send('response.done', { response: { id: activeResponse, status: 'cancelled' } })
    } else if (event.type === 'output_audio_buffer.clear') {
      send('output_audio_buffer.cleared', { response_id: activeResponse })
    } else if (event.type !== 'conversation.item.truncate') doubles.at(-1)?.receive(JSON.stringify(event))
  }
  let activeResponse = ''

  async function answer(sdp: string): Promise<Response> {
    const pc = new RTCPeerConnection()
    peers.push(pc)
    const tone = audio.createOscillator()
    const voice = audio.createMediaStreamDestination()
    tone.connect(voice)
    tone.start()
    pc.ondatachannel = ({ channel }) => {
      channels.push(channel)
      const double = createRealtimeDouble({
        ...options,
        isAnswering,
        send(event) {
          sent.push(event)
          if (channel.readyState === 'open') channel.send(JSON.stringify(event))
        },
      })
      doubles.push(double)
      channel.onmessage = ({ data }) => onEvent(JSON.parse(String(data)))
      double.open()
    }
    await pc.setRemoteDescription({ type: 'offer', sdp })
    for (const track of voice.stream.getTracks()) pc.addTrack(track, voice.stream)
    await pc.setLocalDescription()
    // The API accepts no trickled candidates. The server's are in the SDP answer.
    await new Promise<void>((resolve) => {
      const check = () => pc.iceGatheringState === 'complete' && resolve()
      pc.onicegatheringstatechange = check
      check()
    })
    return new Response(pc.localDescription?.sdp, {
      status: 201,
      headers: { 'Content-Type': 'application/sdp', Location: `/v1/realtime/calls/rtc_${peers.length}` },
    })
  }

  const fetched = vi.spyOn(window, 'fetch').mockImplementation(async (input, init) => {
    const url = String(input)
    if (url.endsWith('/token')) {
      const expiresAt = Date.now() + 600_000
      return Response.json({ token: `ek_${++tokens}`, expiresAt, session_id: 'session-1' })
    }
    const body = String(init?.body)
    calls.push({ url, headers: new Headers(init?.headers), body })
    return refusals.shift()?.() ?? answer(body)
  })

  return {
    ...{ peers, channels, calls, received, refusals, doubles, sent, send, sendRaw },
    intercept(next: typeof intercept) {
      intercept = next
    },
    /** Events of one type that the page sent. */
    of: (type: string) => received.filter((event) => event.type === type),
    /** Starts a spoken response: generated immediately, and played until it is stopped. */
    speak(response: string, item: string, words: string) {
      activeResponse = response
      send('response.created', { response: { id: response } })
      send('response.output_item.added', {
        response_id: response,
        item: { id: item, type: 'message', role: 'assistant' },
      })
      send('output_audio_buffer.started', { response_id: response })
      const transcript = { response_id: response, item_id: item, content_index: 0 }
      send('response.output_audio_transcript.delta', { ...transcript, delta: words })
    },
    /** Number of sound packets received from the user so far. */
    async soundReceived(): Promise<number> {
      let packets = 0
      for (const report of ((await peers.at(-1)?.getStats()) ?? new Map()).values()) {
        if (report.type === 'inbound-rtp') packets += report.packetsReceived
      }
      return packets
    },
    async stop() {
      for (const double of doubles) double.stop()
      for (const peer of peers) peer.close()
      fetched.mockRestore()
      await audio.close()
    },
  }
}
