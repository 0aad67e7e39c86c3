import { type VoiceAgentOptions, WebRTCVoiceAgent } from 'redux-voice-agent'
import { onTestFinished, vi } from 'vitest'
import { startBot } from './bot.js'

/** A bot, an agent that calls it, and all tracks that the browser has returned. All are cleaned up after the test. */
export function setUp(options: Partial<VoiceAgentOptions> = {}) {
  sessionStorage.clear()
  const bot = startBot()
  const opened: { track: MediaStreamTrack; constraints: MediaStreamConstraints | undefined }[] = []
  // The prototype's, because a test may call this twice, and would then spy on the spy.
  const getUserMedia = MediaDevices.prototype.getUserMedia.bind(navigator.mediaDevices)
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
 * Replaces the browser's device list, because a test browser's fake devices can't be unplugged. Returns a function that changes the list
 * and fires the event, like plugging a device.
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

/** Simulates unplugging: the track really ends, but the event is synthetic, because `stop()` fires none. */
export function unplug(track: MediaStreamTrack): void {
  track.stop()
  track.dispatchEvent(new Event('ended'))
}
