import { type SentReport, voiceAnalytics } from 'redux-voice-agent/analytics'
import { createListeningContext, type Edge, listenForEdges, prepareContext } from '../../support/edges.js'

/** Edges of the sound on both tracks. */
interface Sound {
  microphone: Edge[]
  agent: Edge[]
}

/** Sound and reports of a page, in order. */
export interface Heard extends Sound {
  /** The same sound in the package's own context, because each context buffers tracks for a different time. */
  inside: Sound
  reports: SentReport[]
}

declare global {
  interface Window {
    heardUnderTest: Heard
  }
}

/** Reads every sample of the microphone and the agent's sound in audio worklets. Call it before the page starts a call. */
export async function hearPage() {
  const heard: Heard = { microphone: [], agent: [], inside: { microphone: [], agent: [] }, reports: [] }
  window.heardUnderTest = heard
  const context = await createListeningContext()
  const sources = new Map<string, keyof Sound>()
  // The worklets hear a track, not the sound card.
  Object.defineProperty(AudioContext.prototype, 'outputLatency', { get: () => 0 })

  const { mediaDevices } = navigator
  const open = mediaDevices.getUserMedia.bind(mediaDevices)
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints)
    listen(stream, 'microphone')
    return stream
  }
  const { play } = HTMLMediaElement.prototype
  HTMLMediaElement.prototype.play = function () {
    if (this.srcObject instanceof MediaStream) listen(this.srcObject, 'agent')
    return play.call(this)
  }
  const createSource = context.createMediaStreamSource.bind(context)
  function listen(stream: MediaStream, source: keyof Sound) {
    const [track] = stream.getAudioTracks()
    if (!track || sources.has(track.id)) return
    sources.set(track.id, source)
    heard[source] = listenForEdges(createSource(stream))
  }

  const { createMediaStreamSource } = AudioContext.prototype
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    const node = createMediaStreamSource.call(this, stream)
    const source = sources.get(stream.getAudioTracks()[0]?.id ?? '')
    if (this !== context && source)
      void prepareContext(this).then(() => {
        heard.inside[source] = listenForEdges(node)
      })
    return node
  }

  return voiceAnalytics({
    consent: true,
    flushMs: 0,
    sinks: [({ reports }) => void heard.reports.push(...reports)],
  })
}
