import { WebRTCVoiceAgent } from 'redux-voice-agent'
import type { VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expect, it, onTestFinished, vi } from 'vitest'
import { stateOf } from './agents.js'

/** The fake microphone beeps once a second, and a busy machine is slow. */
const patient = { timeout: 20_000 }

/** A transport with its own peer connections, like one based on a provider's library. Its agent echoes the user's voice. */
function echoTransport() {
  const peers: RTCPeerConnection[] = []
  const transport: VoiceTransportFactory = ({ openMicrophone, play }) => {
    const closed = new AbortController()
    const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()]
    peers.push(near, far)
    near.onicecandidate = ({ candidate }) => void (candidate && far.addIceCandidate(candidate))
    far.onicecandidate = ({ candidate }) => void (candidate && near.addIceCandidate(candidate))
    far.ontrack = ({ track }) => play(track)
    return {
      async connect({ signal: requested }) {
        const signal = AbortSignal.any([requested, closed.signal])
        const { sender } = near.addTransceiver('audio', { direction: 'sendonly' })
        await near.setLocalDescription()
        await far.setRemoteDescription(near.localDescription as RTCSessionDescription)
        await far.setLocalDescription()
        await near.setRemoteDescription(far.localDescription as RTCSessionDescription)
        const send = (track: MediaStreamTrack | null) => void sender.replaceTrack(track)
        send(await openMicrophone({ signal, onTrack: send }))
        return 'fresh'
      },
      send() {},
      close() {
        closed.abort()
        near.close()
        far.close()
      },
    }
  }
  /** Duration and energy of the sound played so far. */
  async function heard() {
    const reports = [...((await peers.at(-1)?.getStats()) ?? new Map()).values()]
    const { totalSamplesDuration = 0, totalAudioEnergy = 0 } =
      reports.find(({ type }) => type === 'inbound-rtp') ?? {}
    return { seconds: totalSamplesDuration as number, energy: totalAudioEnergy as number }
  }
  return { transport, heard }
}

it('is silent when muted, audible when not, and stopped with its call, even with its own media', async () => {
  const { transport, heard } = echoTransport()
  const opened: MediaStreamTrack[] = []
  const getUserMedia = MediaDevices.prototype.getUserMedia.bind(navigator.mediaDevices)
  const spied = vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (constraints) => {
    const stream = await getUserMedia(constraints)
    opened.push(...stream.getTracks())
    return stream
  })
  const agent = new WebRTCVoiceAgent({
    apiEndpoint: '/none',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: false,
  })
  onTestFinished(async () => {
    await agent.dispose()
    spied.mockRestore()
  })
  await agent.connect()
  expect(stateOf(agent).connection.microphone).toBe('live')
  // Chromium's fake microphone beeps once a second.
  await vi.waitFor(async () => expect((await heard()).energy).toBeGreaterThan(0.001), patient)
  await vi.waitFor(() => expect(stateOf(agent).connection.playback).toBe('playing'), patient)

  agent.mute()
  expect(stateOf(agent).connection.microphone).toBe('muted')
  // Longer than the time between two beeps, once buffered sound has been played.
  let from = await heard()
  await vi.waitFor(async () => {
    from = await heard()
    const isLater = async () => expect((await heard()).seconds).toBeGreaterThan(from.seconds + 1.5)
    await vi.waitFor(isLater, { timeout: 10_000 })
    expect((await heard()).energy - from.energy).toBeLessThan(0.0001)
  }, patient)
  agent.unmute()
  await vi.waitFor(async () => expect((await heard()).energy).toBeGreaterThan(from.energy + 0.001), patient)

  await agent.disconnect()
  expect(opened.map(({ readyState }) => readyState)).toEqual(['ended'])
  expect(stateOf(agent).connection).toMatchObject({ microphone: 'off', playback: 'idle' })
}, 60_000)
