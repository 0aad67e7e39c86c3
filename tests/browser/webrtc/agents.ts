import { type VoiceAgentOptions, WebRTCVoiceAgent } from 'redux-voice-agent'
import { onTestFinished, vi } from 'vitest'
import { startBot } from './bot.js'

/** A bot, an agent that calls it, and every track that the browser gave out. All are taken down with the test. */
export function setUp(options: Partial<VoiceAgentOptions> = {}) {
  sessionStorage.clear()
  const bot = startBot()
  const opened: { track: MediaStreamTrack; constraints: MediaStreamConstraints | undefined }[] = []
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  const asked = vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (constraints) => {
    const stream = await getUserMedia(constraints)
    opened.push(...stream.getTracks().map((track) => ({ track, constraints })))
    return stream
  })
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    persistence: false,
    reconnect: { baseDelayMs: 0, maxAttempts: 3 },
    ...options,
  })
  onTestFinished(async () => {
    await agent.dispose()
    await bot.stop()
    vi.restoreAllMocks()
    for (const { track } of opened) track.stop()
  })
  return {
    bot,
    agent,
    opened,
    asked,
    state: () => stateOf(agent),
    connection: () => stateOf(agent).connection,
  }
}

export const stateOf = (agent: WebRTCVoiceAgent) => agent.selectors.selectVoiceAgent(agent.store.getState())

/**
 * A stand-in for the browser's answer about its devices: the fake ones of a test browser can't be unplugged. Gives the function that
 * changes the answer and says so, as plugging does.
 */
export async function pluggableDevices() {
  const real = await navigator.mediaDevices.enumerateDevices()
  let answer = real
  vi.spyOn(navigator.mediaDevices, 'enumerateDevices').mockImplementation(async () => answer)
  return {
    real,
    plug(devices: MediaDeviceInfo[]) {
      answer = devices
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
    },
  }
}

/** As if it was unplugged: a real track that is really over, only the event is ours, for `stop()` fires none. */
export function unplug(track: MediaStreamTrack): void {
  track.stop()
  track.dispatchEvent(new Event('ended'))
}
