/** Pipecat's own client, set up as in its apps. It calls the example's server. */
import { PipecatClient, RTVIEvent } from '@pipecat-ai/client-js'
import { SmallWebRTCTransport, WavMediaManager } from '@pipecat-ai/small-webrtc-transport'

/** A client callback, with its arguments as JSON. */
export interface ClientEvent {
  name: string
  data: unknown
}

declare global {
  interface Window {
    clientUnderTest: { client: PipecatClient; events: ClientEvent[]; connect(): Promise<void> }
  }
}

const audio = document.body.appendChild(document.createElement('audio'))
const events: ClientEvent[] = []
const client = new PipecatClient({
  // The default loads code from a Daily server.
  transport: new SmallWebRTCTransport({ mediaManager: new WavMediaManager() }),
  enableMic: true,
  enableCam: false,
  callbacks: {
    onTrackStarted(track, participant) {
      if (participant?.local || track.kind !== 'audio') return
      audio.srcObject = new MediaStream([track])
      void audio.play()
    },
  },
})

for (const name of Object.values(RTVIEvent)) {
  client.on(name, (...[data]: unknown[]) => {
    const read = data instanceof MediaStreamTrack ? data.kind : JSON.parse(JSON.stringify(data ?? null))
    events.push({ name, data: read })
  })
}

window.clientUnderTest = {
  client,
  events,
  async connect() {
    const answer = await fetch('/api/voice-agent/token', { method: 'POST' })
    const { token } = (await answer.json()) as { token: string }
    const headers = new Headers({ Authorization: `Bearer ${token}` })
    await client.connect({ webrtcRequestParams: { endpoint: '/api/voice-agent/offer', headers } })
  },
}
