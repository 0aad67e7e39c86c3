import { type SentReport, voiceAnalytics } from 'redux-voice-agent/analytics'
import { createListeningContext, type Edge, listenForEdges } from '../../support/edges.js'

/** Sound and reports of a page, in their order. */
export interface Heard {
  microphone: Edge[]
  agent: Edge[]
  reports: SentReport[]
}

declare global {
  interface Window {
    heardUnderTest: Heard
  }
}

/** Reads each sample of the microphone and of the agent's sound in audio worklets of its own. Call it before the page makes a call. */
export async function hearPage() {
  const heard: Heard = { microphone: [], agent: [], reports: [] }
  window.heardUnderTest = heard
  const context = await createListeningContext()
  // The worklets hear a track, not the sound card.
  Object.defineProperty(AudioContext.prototype, 'outputLatency', { get: () => 0 })

  const { mediaDevices } = navigator
  const open = mediaDevices.getUserMedia.bind(mediaDevices)
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints)
    if (stream.getAudioTracks().length > 0) heard.microphone = listenForEdges(context, stream)
    return stream
  }
  const { play } = HTMLMediaElement.prototype
  HTMLMediaElement.prototype.play = function () {
    const { srcObject } = this
    if (srcObject instanceof MediaStream && srcObject.getAudioTracks().length > 0)
      heard.agent = listenForEdges(context, srcObject)
    return play.call(this)
  }

  return voiceAnalytics({
    consent: true,
    flushMs: 0,
    sinks: [({ reports }) => void heard.reports.push(...reports)],
  })
}
