import { PipecatClient } from '@pipecat-ai/client-js'
import { SmallWebRTCTransport, WavMediaManager } from '@pipecat-ai/small-webrtc-transport'
import type { Client } from './main.js'

interface Token {
  token: string
}

/**
 * A microphone by `getUserMedia` alone. Theirs load code of Daily from its servers, or record a WAV besides, which costs time that a call
 * does not need.
 */
class PlainMicrophone extends WavMediaManager {
  #stream: MediaStream | null = null

  async initialize() {
    this.#stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  }

  async connect() {
    if (!this.#stream) await this.initialize()
  }

  async disconnect() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
    this.#stream = null
  }

  tracks() {
    const audio = this.#stream?.getAudioTracks()[0]
    return { local: audio ? { audio } : {} } as ReturnType<WavMediaManager['tracks']>
  }
}

/** Pipecat's own client, with the few lines that an app of theirs needs. It has no transcript. */
export function createClient(): Client {
  const audio = document.body.appendChild(document.createElement('audio'))
  const client = new PipecatClient({
    transport: new SmallWebRTCTransport({ mediaManager: new PlainMicrophone() }),
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
  async function connect() {
    const answer = await fetch('/api/voice-agent/token', { method: 'POST' })
    const { token } = (await answer.json()) as Token
    await client.connect({
      webrtcRequestParams: {
        endpoint: '/api/voice-agent/offer',
        headers: new Headers({ Authorization: `Bearer ${token}` }),
      },
    })
  }

  return { prepare: async () => undefined, connect, callOnLoad: connect, mute: () => client.enableMic(false) }
}
