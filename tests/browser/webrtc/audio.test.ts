import { describe, expect, it, vi } from 'vitest'
import { pluggableDevices, setUp } from './agents.js'

/** Audio elements created from now on. They are in no document. */
function recordElements() {
  const made: HTMLAudioElement[] = []
  const { play } = HTMLMediaElement.prototype
  const playing = vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(function (
    this: HTMLAudioElement,
  ) {
    if (!made.includes(this)) made.push(this)
    return play.call(this)
  })
  return { made, playing }
}

/** Resolves after the time in which a level is measured three times. */
const threeIntervals = () =>
  new Promise<void>((resolve) => {
    let ticks = 0
    const timer = setInterval(() => {
      if (++ticks < 3) return
      clearInterval(timer)
      resolve()
    }, 60)
  })

describe("the agent's voice", () => {
  it('has the requested volume, before and during a call', async () => {
    const { made } = recordElements()
    const { agent, connection } = setUp()
    agent.setVolume(0.5)
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    expect(made.map(({ volume }) => volume)).toEqual([0.5])
    agent.setVolume(0)
    expect(made[0]?.volume).toBe(0)
    expect(connection().volume).toBe(0)
    for (const wrong of [-0.1, 1.1, Number.NaN, '1' as unknown as number])
      expect(() => agent.setVolume(wrong)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })

  it('comes from the chosen speaker, and from the default one if that is gone', async () => {
    const { made } = recordElements()
    const { agent, connection } = setUp()
    const { plug, real } = await pluggableDevices()
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    await agent.devices.refresh()
    const { speakers, canSelectSpeaker } = agent.devices.get()
    expect(canSelectSpeaker).toBe(true)
    const chosen = speakers.at(-1)?.deviceId ?? ''
    expect(chosen).not.toBe('')
    agent.selectSpeaker(chosen)
    await vi.waitFor(() => expect(made[0]?.sinkId).toBe(chosen))
    expect(connection()).toMatchObject({ speakerId: chosen, deviceFallback: null })

    const withNames = await navigator.mediaDevices.enumerateDevices()
    plug((withNames.length > 0 ? withNames : real).filter(({ deviceId }) => deviceId !== chosen))
    await vi.waitFor(() =>
      expect(connection()).toMatchObject({
        speakerId: null,
        deviceFallback: { device: 'speaker', reason: 'lost' },
      }),
    )
    await vi.waitFor(() => expect(made[0]?.sinkId).toBe(''))
  })

  it('stays on the previous speaker if the chosen one is not available, and says so', async () => {
    const { agent, connection } = setUp()
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    agent.selectSpeaker('there is none')
    await vi.waitFor(() =>
      expect(connection()).toMatchObject({
        speakerId: null,
        deviceFallback: { device: 'speaker', reason: 'unavailable' },
      }),
    )
  })

  it('is heard after a click if the browser blocks it', async () => {
    const { playing } = recordElements()
    const { agent, connection } = setUp()
    playing.mockRejectedValueOnce(new DOMException('no gesture', 'NotAllowedError'))
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('blocked'))
    await agent.resumePlayback()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
  })

  it('is heard again over a new connection, without a click', async () => {
    const { agent, bot, connection } = setUp()
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    const seen = new Set<string>()
    const store = agent.store as { subscribe?(listener: () => void): () => void }
    store.subscribe?.(() => void seen.add(connection().playback))
    const reconnected = new Promise<void>((resolve) => agent.once('reconnected', resolve))
    bot.peers[0]?.close()
    await reconnected
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    expect(seen).toEqual(new Set(['playing', 'idle']))
  })

  it('does not count as heard while something else pauses it, and the element is removed with the call', async () => {
    const { made } = recordElements()
    const { agent, connection } = setUp()
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    made[0]?.pause()
    await vi.waitFor(() => expect(connection().playback).toBe('blocked'))
    await agent.resumePlayback()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    await agent.disconnect()
    expect(made).toHaveLength(1)
    expect(made[0]).toMatchObject({ paused: true, srcObject: null })
    expect(connection().playback).toBe('idle')
  })
})

describe('the level', () => {
  it('measures both voices while there is a subscriber, is 0 when muted, and never reaches the store', async () => {
    const { agent } = setUp()
    await agent.connect()
    const actions = vi.spyOn(agent.store, 'dispatch')
    const [mine, theirs] = [agent.audioLevel('microphone'), agent.audioLevel('agent')]
    expect([mine.get(), theirs.get()]).toEqual([0, 0])
    const stops = [mine.subscribe(() => {}), theirs.subscribe(() => {})]
    await vi.waitFor(() => expect(mine.get()).toBeGreaterThan(0.3))
    await vi.waitFor(() => expect(theirs.get()).toBeGreaterThan(0.3))
    agent.mute()
    await vi.waitFor(() => expect(mine.get()).toBe(0))
    expect(actions.mock.calls.filter(([action]) => !String(action.type).includes('mute'))).toEqual([])
    for (const stop of stops) stop()
  })

  it('is no longer measured after the last subscriber, or after the call', async () => {
    // Simulates a page that the user has touched, where an analyser measures.
    vi.spyOn(navigator, 'userActivation', 'get').mockReturnValue({ hasBeenActive: true } as UserActivation)
    const { agent } = setUp()
    await agent.connect()
    const level = agent.audioLevel('agent')
    const heard = vi.fn()
    const stop = level.subscribe(heard)
    await vi.waitFor(() => expect(heard).toHaveBeenCalled())
    const measured = vi.spyOn(AnalyserNode.prototype, 'getFloatTimeDomainData')
    stop()
    measured.mockClear()
    await threeIntervals()
    expect(measured).not.toHaveBeenCalled()
    level.subscribe(heard)
    await vi.waitFor(() => expect(measured).toHaveBeenCalled())
    await agent.disconnect()
    expect(level.get()).toBe(0)
    measured.mockClear()
    await threeIntervals()
    expect(measured).not.toHaveBeenCalled()
  })

  it('comes from the connection itself if no AudioContext may run', async () => {
    // Simulates a page that the user has not touched.
    vi.spyOn(navigator, 'userActivation', 'get').mockReturnValue({ hasBeenActive: false } as UserActivation)
    const analysed = vi.spyOn(AudioContext.prototype, 'createMediaStreamSource')
    const { agent } = setUp()
    await agent.connect()
    const level = agent.audioLevel('agent')
    level.subscribe(() => {})
    await vi.waitFor(() => expect(level.get()).toBeGreaterThan(0.3))
    expect(analysed).not.toHaveBeenCalled()
  })
})
