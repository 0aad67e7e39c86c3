import { PipecatClient } from '@pipecat-ai/client-js'
import { SmallWebRTCTransport, WavMediaManager } from '@pipecat-ai/small-webrtc-transport'
import { memo, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { Client } from './main.js'

interface Token {
  token: string
}

/**
 * A microphone with only `getUserMedia`. Pipecat's load Daily's code from its servers, or also record a WAV, which costs time that a call
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

const MessageText = memo(({ text }: { text: string }) => <p>{text}</p>)

/** A transcript as a Pipecat app would write it: a list of messages, the last of which grows. */
function Transcript({ onText }: { onText(listener: (text: string | null) => void): void }) {
  const [messages, setMessages] = useState<readonly string[]>([])
  useEffect(() => {
    onText((text) =>
      setMessages((all) => (text === null ? [...all, ''] : [...all.slice(0, -1), (all.at(-1) ?? '') + text])),
    )
  }, [onText])
  return (
    <div style={{ height: 400, overflow: 'auto', display: 'flex', flexDirection: 'column-reverse' }}>
      <div>
        {messages.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages are only appended.
          <MessageText key={index} text={text} />
        ))}
      </div>
    </div>
  )
}

/** Pipecat's own client, with the few lines that its apps need; with a transcript, or without UI. */
export function createClient(hasUi: boolean): Client {
  const audio = document.body.appendChild(document.createElement('audio'))
  let tell: (text: string | null) => void = () => {}
  let onReady = () => {}
  const app = document.getElementById('app')
  if (hasUi && app)
    createRoot(app).render(
      <Transcript
        onText={(listener) => {
          tell = listener
        }}
      />,
    )
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
      onBotLlmStarted: () => tell(null),
      onBotLlmText: ({ text }) => tell(text),
      onBotReady: () => onReady(),
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

  return {
    prepare: async () => undefined,
    connect,
    callOnLoad: connect,
    mute: () => client.enableMic(false),
    reconnected: () =>
      new Promise((resolve) => {
        onReady = resolve
      }),
  }
}
