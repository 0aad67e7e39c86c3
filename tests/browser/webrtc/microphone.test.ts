import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { pluggableDevices, setUp, stateOf, unplug } from './agents.js'

describe('the microphones', () => {
  it('have labels only once one was allowed, and the default is not a separate entry', async () => {
    const { agent } = setUp()
    await agent.connect()
    await agent.devices.refresh()
    const { microphones, defaultMicrophone, hasMicrophone, areLabelsHidden } = agent.devices.get()
    expect(microphones.length).toBeGreaterThanOrEqual(2)
    expect(microphones.map(({ deviceId }) => deviceId)).not.toContain('default')
    expect(microphones.every(({ label }) => label !== '')).toBe(true)
    expect({ hasMicrophone, areLabelsHidden }).toEqual({ hasMicrophone: true, areLabelsHidden: false })
    expect([null, ...microphones.map(({ label }) => label)]).toContain(defaultMicrophone)
  })

  it.each([
    [
      'by default with echo cancellation, noise suppression and gain control',
      undefined,
      { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    ],
    ['with the constraints of the app', { echoCancellation: false }, { echoCancellation: false }],
  ])('are opened %s', async (_how, audio, expected) => {
    const { agent, opened } = setUp(audio && { audio })
    await agent.connect()
    expect(opened.map(({ constraints }) => constraints)).toEqual([{ audio: expected }])
  })

  it('without labels are not offered as a choice', async () => {
    const { agent } = setUp()
    const { plug } = await pluggableDevices()
    const nameless = { deviceId: '', groupId: '', kind: 'audioinput', label: '', toJSON: () => ({}) } as const
    // Notified once more when the code has loaded, before the devices are known.
    const known = new Promise<void>((resolve) =>
      agent.devices.subscribe(() => agent.devices.get().hasMicrophone !== null && resolve()),
    )
    plug([nameless])
    await known
    expect(agent.devices.get()).toMatchObject({ microphones: [], areLabelsHidden: true, hasMicrophone: true })
  })

  it('are switched during a call without a new offer, and only the new one stays open', async () => {
    const { agent, bot, opened, connection } = setUp()
    await agent.connect()
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))
    await agent.devices.refresh()
    const wanted = agent.devices.get().microphones.at(-1)?.deviceId ?? ''
    agent.selectMicrophone(wanted)
    expect(connection().microphoneId).toBe(wanted)
    await vi.waitFor(() => expect(opened.map(({ track }) => track.readyState)).toEqual(['ended', 'live']))
    expect(opened[1]?.track.getSettings().deviceId).toBe(wanted)
    const before = await bot.soundReceived()
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(before))
    expect(bot.offers).toHaveLength(1)
    // Labels are only for display: the store contains device ids.
    expect(JSON.stringify(agent.store.getState())).not.toContain('Fake')
  })

  it('chosen before a call are used from its start, and a muted one stays muted', async () => {
    const { agent, opened, connection } = setUp()
    await agent.devices.refresh()
    const [first, second] = agent.devices.get().microphones
    agent.selectMicrophone(first?.deviceId ?? null)
    await agent.connect()
    expect(opened[0]?.track.getSettings().deviceId).toBe(first?.deviceId)
    agent.mute()
    agent.selectMicrophone(second?.deviceId ?? null)
    await vi.waitFor(() => expect(opened).toHaveLength(2))
    await vi.waitFor(() => expect(opened[0]?.track.readyState).toBe('ended'))
    expect(opened[1]?.track.enabled).toBe(false)
    expect(connection().microphone).toBe('muted')
  })

  it('fall back to the default if missing when a call starts, and the state says so', async () => {
    const { agent, connection } = setUp()
    agent.selectMicrophone('0'.repeat(64))
    await agent.connect()
    expect(connection()).toMatchObject({
      microphone: 'live',
      microphoneId: null,
      deviceFallback: { device: 'microphone', reason: 'lost' },
    })
  })

  it('fall back to the default if chosen before a reload and missing since, and the state says so', async () => {
    setUp()
    const options = {
      apiEndpoint: '/api/voice-agent',
      persistence: { databaseName: `test-${crypto.randomUUID()}` },
    }
    const before = new WebRTCVoiceAgent({ ...options, transport: scriptedTransport() })
    await before.sessionManager.initialize()
    await before.connect()
    before.selectMicrophone('0'.repeat(64))
    await before.dispose()
    const after = new WebRTCVoiceAgent(options)
    onTestFinished(() => after.dispose())
    // Calls without a button press, because the previous page had a call.
    await after.sessionManager.initialize()
    expect(stateOf(after).connection).toMatchObject({
      status: 'connected',
      microphone: 'live',
      microphoneId: null,
      deviceFallback: { device: 'microphone', reason: 'lost' },
    })
  })

  it('keep the previous one in use if the new one cannot be opened, and the state says so', async () => {
    const { agent, asked, opened, connection } = setUp()
    await agent.connect()
    asked.mockRejectedValueOnce(new DOMException('in use', 'NotReadableError'))
    agent.selectMicrophone('another')
    await vi.waitFor(() =>
      expect(connection().deviceFallback).toEqual({ device: 'microphone', reason: 'unavailable' }),
    )
    expect(connection()).toMatchObject({ microphone: 'live', microphoneId: null })
    expect(opened.map(({ track }) => track.readyState)).toEqual(['live'])
  })
})

describe('an unplugged microphone', () => {
  it('is replaced by the default one, which is heard, and the state says so', async () => {
    const { agent, bot, opened, connection } = setUp()
    await agent.connect()
    unplug(opened[0]?.track as MediaStreamTrack)
    await vi.waitFor(() =>
      expect(connection()).toMatchObject({
        microphone: 'live',
        deviceFallback: { device: 'microphone', reason: 'lost' },
      }),
    )
    const before = await bot.soundReceived()
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(before))
    expect(bot.offers).toHaveLength(1)
  })

  it('is reported as missing if it was the only one, until one is plugged in', async () => {
    const { agent, asked, opened, connection } = setUp()
    const { plug, real } = await pluggableDevices()
    await agent.connect()
    asked.mockRejectedValueOnce(new DOMException('none', 'NotFoundError'))
    unplug(opened[0]?.track as MediaStreamTrack)
    await vi.waitFor(() =>
      expect(connection()).toMatchObject({ microphone: 'ended', error: { code: 'microphone-ended' } }),
    )
    plug([])
    await vi.waitFor(() => expect(agent.devices.get().hasMicrophone).toBe(false))
    plug(real)
    await vi.waitFor(() => expect(connection()).toMatchObject({ microphone: 'live', error: null }))
  })

  it('is not reopened if that would show a prompt that the user did not request', async () => {
    const { agent, asked, opened, connection } = setUp()
    // Like a browser that asks each time.
    vi.spyOn(navigator.permissions, 'query').mockResolvedValue({ state: 'prompt' } as PermissionStatus)
    await agent.connect()
    unplug(opened[0]?.track as MediaStreamTrack)
    await vi.waitFor(() => expect(connection().microphone).toBe('ended'))
    expect(asked).toHaveBeenCalledTimes(1)
    agent.retryMicrophone()
    await vi.waitFor(() => expect(connection().microphone).toBe('live'))
  })
})

describe('a microphone error', () => {
  it.each([
    ['NotAllowedError', 'Permission denied', 'denied'],
    ['NotAllowedError', 'Permission dismissed', 'dismissed'],
    ['NotAllowedError', 'Permission denied by system', 'denied-by-system'],
    ['SecurityError', '', 'denied-by-policy'],
    ['NotFoundError', '', 'missing'],
    ['NotReadableError', '', 'busy'],
    ['AbortError', '', 'busy'],
    ['OverconstrainedError', '', 'overconstrained'],
  ])('%s "%s" is the state %s, and a click asks again', async (name, message, state) => {
    const { agent, asked, connection, bot } = setUp()
    asked.mockRejectedValueOnce(new DOMException(message, name))
    await agent.connect()
    expect(connection()).toMatchObject({
      status: 'connected',
      microphone: state,
      error: { code: `microphone-${state}` },
    })
    agent.retryMicrophone()
    await vi.waitFor(() => expect(connection()).toMatchObject({ microphone: 'live', error: null }))
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))
  })

  it('is reported on an insecure origin, which has no media devices', async () => {
    const { agent, connection } = setUp()
    vi.spyOn(navigator, 'mediaDevices', 'get').mockReturnValue(undefined as unknown as MediaDevices)
    await agent.connect()
    expect(connection()).toMatchObject({
      status: 'connected',
      microphone: 'unsupported',
      error: { code: 'microphone-unsupported' },
    })
  })

  it('stays the same after a reconnect, which shows no prompt', async () => {
    const { agent, asked, bot, connection } = setUp()
    asked.mockRejectedValueOnce(new DOMException('Permission dismissed', 'NotAllowedError'))
    await agent.connect()
    const reconnected = new Promise<void>((resolve) => agent.once('reconnected', resolve))
    bot.peers[0]?.close()
    await reconnected
    expect(asked).toHaveBeenCalledTimes(1)
    expect(connection().microphone).toBe('dismissed')
  })
})

describe("an app's own stream", () => {
  it('is sent, muted and unmuted, and never stopped', async () => {
    const context = new AudioContext()
    const voice = context.createMediaStreamDestination()
    const tone = new OscillatorNode(context)
    tone.connect(voice)
    tone.start()
    const { stream } = voice
    const [track] = stream.getAudioTracks() as [MediaStreamTrack]
    const openMicrophone = vi.fn(() => stream)
    const { agent, asked, bot } = setUp({ openMicrophone })
    await agent.connect()
    expect(asked).not.toHaveBeenCalled()
    await vi.waitFor(async () => expect(await bot.soundReceived()).toBeGreaterThan(0))
    agent.mute()
    expect(track.enabled).toBe(false)
    agent.selectMicrophone('theirs')
    await vi.waitFor(() => expect(openMicrophone).toHaveBeenCalledTimes(2))
    expect(openMicrophone).toHaveBeenLastCalledWith(
      expect.objectContaining({ deviceId: { exact: 'theirs' } }),
    )
    await agent.disconnect()
    // Unchanged since before the call.
    expect(track).toMatchObject({ enabled: true, readyState: 'live' })
    await context.close()
  })
})
