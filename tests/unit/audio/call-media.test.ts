import { describe, expect, it, vi } from 'vitest'
import type { CallMedia } from '../../../middleware/drivers/call/page-ports.js'
import { createAudioOutput } from '../../../src/lib/voice-agent/audio/audio-output.js'
import { type CallMediaOptions, createAgentMedia } from '../../../src/lib/voice-agent/audio/call-media.js'
import type { ChosenDevices } from '../../../store/index.js'
import { captureUncaught } from '../orders/support.js'
import { recordingListener, StubTrack, settled, stubBrowser } from './stubs.js'

const noDevices: ChosenDevices = {
  microphoneId: null,
  speakerId: null,
  volume: 1,
  isMuted: false,
  talk: 'hands-free',
}

function openPeer(call: CallMedia, signal = new AbortController().signal) {
  const opened = call.openPeer({ dataChannel: null, signal, onMessage() {}, onState() {} })
  // Tests that care about it await it themselves.
  opened.catch(() => undefined)
  return opened
}

/** Media with a started call. The browser responds only when the test does. */
function beginCall(devices: Partial<ChosenDevices> = {}, options: CallMediaOptions = {}) {
  const browser = stubBrowser()
  const media = createAgentMedia(options)
  const { heard, listener } = recordingListener()
  const call = media.begin({ ...noDevices, ...devices }, listener)
  return { browser, media, call, heard, listener }
}

/** The same with a peer and a live microphone. */
async function connectCall(devices: Partial<ChosenDevices> = {}) {
  const started = beginCall(devices)
  const opening = openPeer(started.call)
  await settled()
  const track = started.browser.prompts[0]?.grant() as StubTrack
  const peer = await opening
  peer.openMicrophoneGate()
  return { ...started, track, peer }
}

describe('a call that ends while the browser asks for its microphone', () => {
  it('records nothing if a microphone was selected meanwhile', async () => {
    const { browser, call, heard } = beginCall()
    const opening = openPeer(call)
    await settled()
    const selecting = call.selectMicrophone('headset')
    call.end()
    await expect(opening).rejects.toMatchObject({ code: 'not-connected' })
    browser.prompts[0]?.grant()
    await selecting
    await settled()
    expect(browser.tracks).toHaveLength(1)
    expect(browser.prompts).toHaveLength(1)
    expect(browser.live()).toEqual([])
    expect(heard).toEqual(['prompting', 'off'])
    expect(browser.connections).toEqual([])
  })

  it.each(['NotAllowedError', 'NotFoundError', 'OverconstrainedError'])(
    'does not ask again after %s, and reports no error',
    async (errorName) => {
      const { browser, call, heard } = beginCall({ microphoneId: 'headset' })
      void openPeer(call)
      await settled()
      call.end()
      browser.prompts[0]?.deny(errorName)
      await settled()
      expect(browser.prompts).toHaveLength(1)
      expect(heard).toEqual(['prompting', 'off'])
    },
  )

  it('does not ask at all if its listener ends it when notified of the prompt', async () => {
    const browser = stubBrowser()
    const call = createAgentMedia({}).begin(noDevices, {
      onMicrophone: () => call.end(),
      onPlayback() {},
      onFallback() {},
    })
    await expect(openPeer(call)).rejects.toMatchObject({ code: 'not-connected' })
    await settled()
    expect(browser.prompts).toEqual([])
  })

  it('stops the track if its listener ends it as the track arrives', async () => {
    const browser = stubBrowser()
    const call = createAgentMedia({}).begin(noDevices, {
      onMicrophone: (state) => state === 'live' && call.end(),
      onPlayback() {},
      onFallback() {},
    })
    const opening = openPeer(call)
    await settled()
    browser.prompts[0]?.grant()
    await expect(opening).rejects.toMatchObject({ code: 'not-connected' })
    expect(browser.live()).toEqual([])
    expect(browser.connections).toEqual([])
  })

  it('leaves no track and no connection open, however far the response has come', async () => {
    const reached = new Set<number>()
    for (let promises = 0; promises < 30; promises++) {
      const { browser, call } = beginCall()
      void openPeer(call)
      await settled()
      browser.prompts[0]?.grant()
      for (let passed = 0; passed < promises; passed++) await Promise.resolve()
      call.end()
      reached.add(browser.connections.length)
      await settled()
      expect(browser.live()).toEqual([])
      expect(browser.connections.every(({ connectionState }) => connectionState === 'closed')).toBe(true)
    }
    // Some calls ended before the connection was created, and some after.
    expect([...reached]).toEqual([0, 1])
  })
})

describe('an ended call', () => {
  it('opens no microphone and no peer for a transport that requests one late', async () => {
    const { browser, call, heard } = beginCall()
    call.end()
    await expect(openPeer(call)).rejects.toMatchObject({ code: 'not-connected' })
    const abort = new AbortController()
    const reason = new Error('given up')
    abort.abort(reason)
    await expect(openPeer(call, abort.signal)).rejects.toBe(reason)
    await settled()
    expect([browser.prompts, browser.connections, heard]).toEqual([[], [], []])
  })

  it('closes its peers, stops its sound and reports that once', async () => {
    const { browser, call, track, heard, peer } = await connectCall()
    browser.connections[0]?.receive()
    const element = browser.elements.find(({ srcObject }) => srcObject !== null)
    element?.plays[0]?.resolve()
    await settled()
    expect(browser.watchers.size).toBe(1)
    call.end()
    call.end()
    expect(browser.watchers.size).toBe(0)
    expect(track.readyState).toBe('ended')
    expect(browser.connections[0]?.connectionState).toBe('closed')
    expect(element).toMatchObject({ paused: true, srcObject: null })
    expect(heard).toEqual(['prompting', 'live', 'playing', 'off', 'idle'])
    await expect(peer.opened(1_000)).rejects.toMatchObject({ code: 'not-connected' })
  })

  it('ignores every command', async () => {
    const { browser, call, track, heard } = await connectCall()
    call.end()
    const before = [...heard]
    call.setMuted(false)
    call.setVolume(0.5)
    call.reportLevel('agent', 1)
    await Promise.all([
      call.retryMicrophone(),
      call.selectMicrophone('headset'),
      call.selectSpeaker('loud'),
      call.resumePlayback(),
    ])
    browser.plug(['built-in', 'headset', 'third'])
    track.dispatchEvent(new Event('ended'))
    await settled()
    expect(await call.readNetwork()).toBeNull()
    expect(browser.prompts).toHaveLength(1)
    expect(heard).toEqual(before)
  })

  it('reports no playback that starts or fails late', async () => {
    for (const answer of ['resolve', 'reject'] as const) {
      const { browser, call, heard } = await connectCall()
      browser.connections[0]?.receive()
      call.end()
      const element = browser.elements.find(({ plays }) => plays.length > 0)
      element?.plays[0]?.[answer](new DOMException('no gesture', 'NotAllowedError'))
      await settled()
      expect(heard).toEqual(['prompting', 'live', 'off'])
    }
  })

  it('reports no speaker that could not be used', async () => {
    const { browser, call, heard } = await connectCall({ speakerId: 'loud' })
    browser.connections[0]?.receive()
    const element = browser.elements.find(({ sinks }) => sinks.length > 0)
    void call.selectSpeaker('louder')
    call.end()
    for (const sink of element?.sinks ?? []) sink.reject(new DOMException('gone', 'NotFoundError'))
    await settled()
    expect(element?.sinks.map(({ deviceId }) => deviceId)).toEqual(['loud', 'louder'])
    expect(heard).toEqual(['prompting', 'live', 'off'])
  })

  it('replaces no unplugged microphone after the permission query', async () => {
    const { browser, call, track, heard } = await connectCall()
    const release = browser.holdPermission()
    track.unplug()
    await settled()
    call.end()
    release()
    await settled()
    expect(browser.prompts).toHaveLength(1)
    expect(heard).toEqual(['prompting', 'live', 'off'])
  })

  it('opens no microphone that was plugged in after the permission query', async () => {
    const { browser, call, track, heard } = await connectCall()
    track.unplug()
    await settled()
    browser.prompts[1]?.deny('NotFoundError')
    browser.plug([])
    await settled()
    const release = browser.holdPermission()
    browser.plug(['built-in'])
    await settled()
    call.end()
    release()
    await settled()
    expect(browser.prompts).toHaveLength(2)
    expect(heard).toEqual(['prompting', 'live', 'ended', 'off'])
  })
})

describe('a call that starts next', () => {
  it('ends the earlier one, whose late track is stopped', async () => {
    const { browser, media, call, heard } = beginCall()
    void openPeer(call)
    await settled()
    const { heard: heardNext, listener } = recordingListener()
    const next = media.begin(noDevices, listener)
    expect(heard).toEqual(['prompting', 'off'])
    const opening = openPeer(next)
    await settled()
    const [first, second] = browser.prompts.map((prompt) => prompt.grant())
    await opening
    expect([first?.readyState, second?.readyState]).toEqual(['ended', 'live'])
    expect(heardNext).toEqual(['prompting', 'live'])
    call.end()
    expect(second?.readyState).toBe('live')
  })

  it('is the last one started, if ending the earlier one starts another', async () => {
    const browser = stubBrowser()
    const media = createAgentMedia({})
    let last: CallMedia | undefined
    const first = media.begin(noDevices, {
      onMicrophone(state) {
        if (state === 'off') last = media.begin(noDevices, recordingListener().listener)
      },
      onPlayback() {},
      onFallback() {},
    })
    void openPeer(first)
    await settled()
    const overtaken = media.begin(noDevices, recordingListener().listener)
    await expect(openPeer(overtaken)).rejects.toMatchObject({ code: 'not-connected' })
    void openPeer(last as CallMedia)
    await settled()
    expect(browser.prompts).toHaveLength(2)
  })

  it('has ended from the start once the media are disposed', async () => {
    const { browser, media, call, track } = await connectCall()
    media.dispose()
    expect(track.readyState).toBe('ended')
    await expect(openPeer(call)).rejects.toMatchObject({ code: 'not-connected' })
    const late = media.begin(noDevices, recordingListener().listener)
    await expect(openPeer(late)).rejects.toMatchObject({ code: 'not-connected' })
    expect(browser.prompts).toHaveLength(1)
  })

  it("continues numbering its connections, because a sample can't be based on another call's counters", async () => {
    const { media, call } = await connectCall()
    const first = await call.readNetwork()
    const next = media.begin(noDevices, recordingListener().listener)
    vi.stubGlobal('navigator', {})
    await openPeer(next)
    const second = await next.readNetwork()
    expect(first?.connection).not.toBe(second?.connection)
  })
})

describe('a peer', () => {
  it('shares the prompt with one that was requested before', async () => {
    const { browser, call } = beginCall()
    const abort = new AbortController()
    const [first, second] = [openPeer(call, abort.signal), openPeer(call)]
    await settled()
    expect(browser.prompts).toHaveLength(1)
    const reason = new Error('the attempt was given up')
    abort.abort(reason)
    // Before the prompt is answered.
    await expect(first).rejects.toBe(reason)
    const track = browser.prompts[0]?.grant()
    ;(await second).openMicrophoneGate()
    expect(browser.connections).toHaveLength(1)
    expect(browser.connections[0]?.sent).toEqual([track])
  })

  it('sends the microphone that was selected while it waited', async () => {
    const { browser, call } = beginCall()
    const opening = openPeer(call)
    await settled()
    const selecting = call.selectMicrophone('headset')
    browser.prompts[0]?.grant()
    await settled()
    const headset = browser.prompts[1]?.grant()
    await selecting
    ;(await opening).openMicrophoneGate()
    expect(browser.live()).toEqual([headset])
    expect(browser.connections[0]?.sent.at(-1)).toBe(headset)
  })

  it('whose agent has rejected audio causes no unhandled rejection', async () => {
    const uncaught = captureUncaught()
    const { browser, call } = beginCall()
    const opening = openPeer(call)
    await settled()
    browser.prompts[0]?.grant()
    const peer = await opening
    Object.assign(browser.connections[0] ?? {}, { isAudioRejected: true })
    peer.openMicrophoneGate()
    void call.selectMicrophone('headset')
    await settled()
    browser.prompts[1]?.grant()
    await settled()
    expect(uncaught).toEqual([])
  })

  it('gets the next microphone like every other open peer of the call', async () => {
    const { browser, call } = await connectCall()
    ;(await openPeer(call)).openMicrophoneGate()
    void call.selectMicrophone('headset')
    await settled()
    const headset = browser.prompts[1]?.grant()
    await settled()
    expect(browser.connections.map(({ sent }) => sent.at(-1))).toEqual([headset, headset])
  })

  it('is opened without a microphone that is gone', async () => {
    const { browser, call, track, heard } = await connectCall()
    track.unplug()
    await settled()
    browser.prompts[1]?.deny('NotFoundError')
    await settled()
    expect(heard.at(-1)).toBe('ended')
    ;(await openPeer(call)).openMicrophoneGate()
    expect(browser.connections[1]?.sent).toEqual([])
  })

  it('is rejected with the reason if the browser rejects the ICE servers, without their credentials', async () => {
    const cause = new DOMException('invalid', 'SyntaxError')
    const iceServers = [
      {
        urls: ['stun.example.org', 'turn:user:secret@turn.example.org'],
        username: 'user',
        credential: 'secret',
      },
    ]
    const { browser, call } = beginCall({}, { iceServers })
    vi.stubGlobal(
      'RTCPeerConnection',
      class {
        constructor() {
          throw cause
        }
      },
    )
    const opening = openPeer(call)
    await settled()
    browser.prompts[0]?.grant()
    const error = await opening.catch((thrown: unknown) => thrown as Error)
    expect(error).toMatchObject({ code: 'invalid-option', recoverable: false, cause })
    const { message } = error as Error
    expect(message).toContain('iceServers must be a list of { urls }')
    expect(message).toContain("got ['stun.example.org', '…@turn.example.org']")
    expect(message).not.toMatch(/secret|user:/)
  })
})

describe('the microphone of a call', () => {
  it('opens muted if it was muted before, by option or by command', async () => {
    const { track, heard } = await connectCall({ isMuted: true })
    expect(track.enabled).toBe(false)
    expect(heard).toEqual(['prompting', 'muted'])

    const { browser, call } = beginCall()
    void openPeer(call)
    await settled()
    call.setMuted(true)
    const granted = browser.prompts[0]?.grant()
    await settled()
    expect(granted?.enabled).toBe(false)
    void call.selectMicrophone('headset')
    await settled()
    const headset = browser.prompts[1]?.grant()
    await settled()
    expect(headset).toMatchObject({ enabled: false, readyState: 'live' })
  })

  it('is requested for one device at a time, ending with the last choice', async () => {
    const { browser, call, heard } = await connectCall()
    const selecting = ['a', 'b', 'c'].map((deviceId) => call.selectMicrophone(deviceId))
    await settled()
    // The choices in between are not opened.
    expect(browser.prompts.map(({ deviceId }) => deviceId)).toEqual([null, 'c'])
    browser.prompts[1]?.grant()
    await Promise.all(selecting)
    expect(browser.live().map(({ deviceId }) => deviceId)).toEqual(['c'])
    expect(heard).toEqual(['prompting', 'live', 'live'])
  })

  it('falls back to the open device, not to a choice that never worked', async () => {
    const { browser, call, heard } = await connectCall()
    void call.selectMicrophone('a')
    await settled()
    const selecting = call.selectMicrophone('b')
    browser.prompts[1]?.deny('NotReadableError')
    await settled()
    browser.prompts[2]?.deny('NotReadableError')
    await selecting
    expect(heard.slice(2)).toEqual([{ device: 'microphone', reason: 'unavailable', deviceId: null }])
    expect(browser.live().map(({ deviceId }) => deviceId)).toEqual([null])
  })

  it('falls back to the device that was selected before, not to the one at the start of the call', async () => {
    const { browser, call, heard } = await connectCall()
    void call.selectMicrophone('a')
    await settled()
    browser.prompts[1]?.grant()
    const selecting = call.selectMicrophone('b')
    await settled()
    browser.prompts[2]?.deny('NotReadableError')
    await selecting
    expect(heard.at(-1)).toEqual({ device: 'microphone', reason: 'unavailable', deviceId: 'a' })
  })

  it('keeps a choice that was made while an unplugged one was being replaced', async () => {
    const { browser, call, track, heard } = await connectCall({ microphoneId: 'headset' })
    track.unplug()
    await settled()
    const selecting = call.selectMicrophone('built-in')
    browser.prompts[1]?.grant()
    await settled()
    browser.prompts[2]?.grant()
    await selecting
    expect(browser.live().map(({ deviceId }) => deviceId)).toEqual(['built-in'])
    expect(heard).toEqual(['prompting', 'live', 'live', 'live'])
  })

  it('is replaced by the selected device if unplugged during the selection', async () => {
    const { browser, call, track } = await connectCall()
    const selecting = call.selectMicrophone('headset')
    await settled()
    track.unplug()
    browser.prompts[1]?.grant()
    await selecting
    await settled()
    expect(browser.prompts).toHaveLength(2)
    expect(browser.live().map(({ deviceId }) => deviceId)).toEqual(['headset'])
  })

  it('prompts once if it is requested again while the prompt is open', async () => {
    const { browser, call } = beginCall()
    void openPeer(call)
    await settled()
    const retrying = call.retryMicrophone()
    browser.prompts[0]?.grant()
    await retrying
    expect(browser.prompts).toHaveLength(1)
  })

  it('is not opened by a command before the first peer', async () => {
    const { browser, call } = beginCall()
    await Promise.all([call.retryMicrophone(), call.selectMicrophone('headset')])
    await settled()
    expect(browser.prompts).toEqual([])
    void openPeer(call)
    await settled()
    expect(browser.prompts.map(({ deviceId }) => deviceId)).toEqual(['headset'])
  })
})

describe('a listener that throws', () => {
  it('is not mistaken for a microphone error, and leaves no ownerless track', async () => {
    const browser = stubBrowser()
    const reported: unknown[] = []
    vi.stubGlobal('queueMicrotask', (run: () => void) => {
      try {
        run()
      } catch (error) {
        reported.push(error)
      }
    })
    const heard: unknown[] = []
    const failure = new Error("the app's own")
    const call = createAgentMedia({}).begin(noDevices, {
      onMicrophone(state) {
        heard.push(state)
        throw failure
      },
      onPlayback() {},
      onFallback() {},
    })
    const opening = openPeer(call)
    await settled()
    const track = browser.prompts[0]?.grant()
    await opening
    expect(track?.readyState).toBe('live')
    call.end()
    expect(browser.live()).toEqual([])
    expect(browser.connections.map(({ connectionState }) => connectionState)).toEqual(['closed'])
    expect(heard).toEqual(['prompting', 'live', 'off'])
    // Reported like any uncaught app error.
    expect(reported).toEqual([failure, failure, failure])
  })
})

describe("an app's own stream", () => {
  it('stays unchanged if it arrives after the end', async () => {
    const track = new StubTrack(null)
    let arrive = (_stream: MediaStream) => {}
    const openMicrophone = () => new Promise<MediaStream>((resolve) => (arrive = resolve))
    const { call } = beginCall({ isMuted: true }, { openMicrophone })
    void openPeer(call)
    await settled()
    call.end()
    arrive({ getAudioTracks: () => [track] } as unknown as MediaStream)
    await settled()
    expect(track).toMatchObject({ readyState: 'live', enabled: true })
  })

  it('is returned unchanged after a call that muted it', async () => {
    const track = new StubTrack(null)
    const openMicrophone = () => ({ getAudioTracks: () => [track] }) as unknown as MediaStream
    const { call } = beginCall({ isMuted: true }, { openMicrophone })
    await openPeer(call)
    expect(track.enabled).toBe(false)
    call.end()
    expect(track).toMatchObject({ readyState: 'live', enabled: true })
  })
})

describe('the sound of a call', () => {
  const stream = { getAudioTracks: () => [] } as unknown as MediaStream
  const options = { deviceId: null, volume: 1, onChange() {}, onFallback() {} }

  it('is not played after the end, not even on a click', async () => {
    const { elements } = stubBrowser()
    const output = createAudioOutput(options)
    output.play(stream)
    output.close()
    output.play(stream)
    void output.resume()
    expect(elements).toHaveLength(1)
    expect(elements[0]).toMatchObject({ paused: true, srcObject: null })
    expect(elements[0]?.plays).toHaveLength(1)
  })

  it('plays on the speaker that worked last if two choices fail', async () => {
    const { elements } = stubBrowser()
    const onFallback = vi.fn()
    const output = createAudioOutput({ ...options, onFallback })
    output.play(stream)
    const selecting = ['a', 'b', 'c'].map((deviceId) => output.select(deviceId))
    const [a, b, c] = elements[0]?.sinks ?? []
    a?.resolve()
    await settled()
    b?.reject(new DOMException('gone', 'NotFoundError'))
    c?.reject(new DOMException('gone', 'NotFoundError'))
    await Promise.all(selecting)
    expect(onFallback.mock.calls).toEqual([['unavailable', 'a']])
  })
})

describe('the levels', () => {
  it('show what the call reports and fall to 0 when it ends, whatever the views do', async () => {
    vi.stubGlobal('queueMicrotask', () => {})
    const { browser, media, call, track } = await connectCall()
    const level = media.level('agent')
    const seen: number[] = []
    // Node has no AudioContext, so the level is reported.
    vi.stubGlobal('setInterval', () => 1)
    level.subscribe(() => {
      seen.push(level.get())
      throw new Error('a view')
    })
    call.reportLevel('agent', 0.5)
    for (const unknown of ['constructor', '__proto__', 'room']) call.reportLevel(unknown as 'agent', 1)
    call.end()
    expect(seen).toEqual([0.5, 0])
    expect(track.readyState).toBe('ended')
    expect(browser.connections[0]?.connectionState).toBe('closed')
    call.reportLevel('agent', 1)
    expect(level.get()).toBe(0)
  })
})

describe('a text-only call', () => {
  async function typing() {
    const started = beginCall({ talk: 'text' })
    const peer = await openPeer(started.call)
    peer.openMicrophoneGate()
    return { ...started, peer }
  }

  it('does not ask for the microphone, even if a device is selected or it is requested again', async () => {
    const { browser, call, heard } = await typing()
    await call.selectMicrophone('headset')
    await call.retryMicrophone()
    call.setMuted(true)
    call.setTalking(true)
    await settled()
    expect(browser.prompts).toEqual([])
    expect(heard).toEqual([])
    expect(browser.connections).toHaveLength(1)
  })

  it('asks when voice is added, and sends it over the same connection', async () => {
    const { browser, call, heard } = await typing()
    call.setTalkMode('hands-free')
    await settled()
    const track = browser.prompts[0]?.grant()
    await settled()
    expect(browser.prompts).toHaveLength(1)
    expect(browser.connections[0]?.sent).toEqual([track])
    expect(track?.enabled).toBe(true)
    expect(heard).toEqual(['prompting', 'live'])
  })

  it('asks again when voice is added after it was denied', async () => {
    const { browser, call } = await typing()
    call.setTalkMode('hands-free')
    await settled()
    browser.prompts[0]?.deny('NotAllowedError')
    await settled()
    call.setTalkMode('text')
    await settled()
    call.setTalkMode('push-to-talk')
    await settled()
    const track = browser.prompts[1]?.grant()
    await settled()
    expect(track?.enabled).toBe(false)
  })

  it('does not ask if the mode changes before the first connection, or after the end', async () => {
    const { browser, call } = beginCall({ talk: 'text' })
    call.setTalkMode('hands-free')
    call.setTalkMode('text')
    call.end()
    call.setTalkMode('hands-free')
    await settled()
    expect(browser.prompts).toEqual([])
  })
})

describe('a call whose user switches from talking to typing', () => {
  it('closes the microphone, and a later connection opens none', async () => {
    const { browser, call, heard, track, peer } = await connectCall()
    call.setTalkMode('text')
    await settled()
    expect(track.readyState).toBe('ended')
    expect(browser.connections[0]?.sent.at(-1)).toBeNull()
    expect(heard.at(-1)).toBe('off')
    peer.close()
    await openPeer(call)
    expect(browser.prompts).toHaveLength(1)
    expect(browser.live()).toEqual([])
  })

  it('is not heard from then on, even if the microphone can only close after the browser has asked for another one', async () => {
    const { browser, call, track } = await connectCall()
    void call.selectMicrophone('headset')
    await settled()
    call.setTalkMode('text')
    await settled()
    expect([track.readyState, track.enabled]).toEqual(['live', false])
    const headset = browser.prompts[1]?.grant()
    expect(headset?.enabled).toBe(true)
    await settled()
    expect([headset?.enabled, browser.live()]).toEqual([false, []])
  })

  it('and back in the same task keeps the microphone, and does not ask again', async () => {
    const { browser, call, heard, track } = await connectCall()
    call.setTalkMode('text')
    call.setTalkMode('hands-free')
    await settled()
    expect([browser.prompts.length, track.readyState, heard.at(-1)]).toEqual([1, 'live', 'live'])
  })

  it('and back in the same task opens the microphone that was chosen in between, or keeps the previous one and says so', async () => {
    for (const isThere of [true, false]) {
      const { browser, call, heard, track } = await connectCall()
      call.setTalkMode('text')
      void call.selectMicrophone('headset')
      call.setTalkMode('hands-free')
      await settled()
      const [, prompt] = browser.prompts
      expect(prompt?.deviceId).toBe('headset')
      const headset = isThere ? prompt?.grant() : prompt?.deny('NotReadableError')
      await settled()
      expect(browser.live()).toEqual([headset ?? track])
      expect(heard.at(-1)).toEqual(
        isThere ? 'live' : { device: 'microphone', reason: 'unavailable', deviceId: null },
      )
      expect(heard).not.toContain('busy')
    }
  })

  it('closes a microphone that the user allows late', async () => {
    const { browser, call, heard } = beginCall()
    void openPeer(call)
    await settled()
    call.setTalkMode('text')
    browser.prompts[0]?.grant()
    await settled()
    expect(browser.live()).toEqual([])
    expect(heard.at(-1)).toBe('off')
  })
})

describe('push to talk', () => {
  it('opens the gate only while the user talks', async () => {
    const { call, heard, track } = await connectCall({ talk: 'push-to-talk' })
    expect(track.enabled).toBe(false)
    call.setTalking(true)
    expect(track.enabled).toBe(true)
    call.setTalking(false)
    expect(track.enabled).toBe(false)
    expect(heard).toEqual(['prompting', 'muted', 'live', 'muted'])
  })

  it('closes the gate if the mode is chosen again during a press', async () => {
    const { call, heard, track } = await connectCall({ talk: 'push-to-talk' })
    call.setTalking(true)
    call.setTalkMode('push-to-talk')
    expect([track.enabled, heard.at(-1)]).toEqual([false, 'muted'])
  })

  it('is not blocked by an earlier mute, which applies again after it', async () => {
    const { call, track } = await connectCall({ isMuted: true })
    call.setTalkMode('push-to-talk')
    call.setTalking(true)
    expect(track.enabled).toBe(true)
    call.setTalkMode('hands-free')
    expect(track.enabled).toBe(false)
    call.setMuted(false)
    expect(track.enabled).toBe(true)
    call.setTalkMode('push-to-talk')
    expect(track.enabled).toBe(false)
  })
})

describe('text only', () => {
  it('opens no microphone to replace one that is unplugged at the same moment', async () => {
    const { browser, call, track } = await connectCall()
    call.setTalkMode('text')
    track.unplug()
    await settled()
    expect(browser.prompts).toHaveLength(1)
    expect(browser.live()).toEqual([])
  })
})

describe('the microphone of a transport with its own media', () => {
  const never = new AbortController().signal

  async function open(devices: Partial<ChosenDevices> = {}) {
    const started = beginCall(devices)
    const given: (StubTrack | null)[] = []
    const stop = new AbortController()
    const opening = started.call.openMicrophone({
      signal: stop.signal,
      onTrack: (track) => void given.push(track as StubTrack | null),
    })
    opening.catch(() => undefined)
    await settled()
    return { ...started, given, stop, opening }
  }

  it("is muted, switched and closed like a peer's, and the state says so", async () => {
    const { browser, call, heard, given, opening } = await open()
    const track = browser.prompts[0]?.grant() as StubTrack
    expect(await opening).toBe(track)
    call.setMuted(true)
    expect(track.enabled).toBe(false)
    const selecting = call.selectMicrophone('headset')
    await settled()
    const headset = browser.prompts[1]?.grant() as StubTrack
    await selecting
    expect(given).toEqual([headset])
    expect(headset.enabled).toBe(false)
    call.setMuted(false)
    expect(headset.enabled).toBe(true)
    expect(track.readyState).toBe('ended')
    call.setTalkMode('text')
    await settled()
    expect(given).toEqual([headset, null])
    expect(headset.readyState).toBe('ended')
    call.end()
    expect(heard.at(-1)).toBe('off')
    expect(browser.live()).toEqual([])
  })

  it('is null for a user who only types, until voice is added', async () => {
    const { browser, call, given, opening } = await open({ talk: 'text' })
    expect(await opening).toBeNull()
    expect(browser.prompts).toHaveLength(0)
    call.setTalkMode('hands-free')
    await settled()
    const track = browser.prompts[0]?.grant()
    await settled()
    expect(given).toEqual([track])
  })

  it('opens nothing after the end of the call, and is not passed to a closed connection', async () => {
    const { browser, call, given, stop, opening } = await open()
    browser.prompts[0]?.grant()
    await opening
    stop.abort()
    const selecting = call.selectMicrophone('headset')
    await settled()
    browser.prompts[1]?.grant()
    await selecting
    expect(given).toEqual([])
    call.end()
    await expect(call.openMicrophone({ signal: never, onTrack() {} })).rejects.toMatchObject({
      code: 'not-connected',
    })
    call.play(new StubTrack(null) as unknown as MediaStreamTrack)
    expect(browser.prompts).toHaveLength(2)
  })
})

describe('a microphone', () => {
  it('does not count as waiting for the user if it is allowed already', async () => {
    const { browser, call, heard } = beginCall()
    browser.permission = 'granted'
    void openPeer(call)
    await settled()
    expect(heard).toEqual([])
    browser.prompts[0]?.grant()
    await settled()
    expect(heard).toEqual(['live'])
  })

  it("is muted by the system, and the user's own mute takes precedence", async () => {
    const { call, track, heard } = await connectCall()
    track.muteBySystem(true)
    call.setMuted(true)
    track.muteBySystem(false)
    track.muteBySystem(true)
    call.setMuted(false)
    track.muteBySystem(false)
    expect(heard.slice(2)).toEqual(['muted-by-system', 'muted', 'muted', 'muted', 'muted-by-system', 'live'])
  })

  it('that was replaced is no longer reported', async () => {
    const { browser, call, track, heard } = await connectCall()
    void call.selectMicrophone('headset')
    await settled()
    browser.prompts[1]?.grant()
    await settled()
    const before = heard.length
    track.muteBySystem(true)
    expect(heard.slice(before)).toEqual([])
  })

  it.each([
    ['prompt', 'dismissed'],
    ['denied', 'denied'],
  ] as const)('whose permission is withdrawn to %s was not unplugged: %s', async (permission, trouble) => {
    const { browser, track, heard } = await connectCall()
    await settled()
    browser.permission = permission
    track.unplug()
    await settled()
    expect(heard.at(-1)).toBe(trouble)
    expect(browser.prompts).toHaveLength(1)
  })

  it('that is unplugged in a browser that asks each time was unplugged', async () => {
    const { browser, call, heard } = beginCall()
    browser.permission = 'prompt'
    const opening = openPeer(call)
    await settled()
    const track = browser.prompts[0]?.grant()
    await opening
    await settled()
    track?.unplug()
    await settled()
    expect(heard.at(-1)).toBe('ended')
  })
})

describe('a new system default', () => {
  async function connectWithDefault(devices: Partial<ChosenDevices> = {}) {
    const started = beginCall(devices)
    const { browser, call } = started
    browser.defaultMicrophone = 'built-in'
    const opening = openPeer(call)
    await settled()
    const track = browser.prompts[0]?.grant()
    const peer = await opening
    peer.openMicrophoneGate()
    await settled()
    const changeDefault = async () => {
      browser.defaultMicrophone = 'headset'
      browser.plug(browser.microphones)
      await settled()
    }
    return { ...started, track, changeDefault }
  }

  it('is followed, including the mute', async () => {
    const { browser, call, track, heard, changeDefault } = await connectWithDefault()
    call.setMuted(true)
    await changeDefault()
    expect(browser.prompts.map(({ deviceId }) => deviceId)).toEqual([null, null])
    const next = browser.prompts[1]?.grant()
    await settled()
    expect(browser.connections[0]?.sent.at(-1)).toBe(next)
    expect([track?.readyState, next?.enabled, heard.at(-1)]).toEqual(['ended', false, 'muted'])
  })

  it('that can’t be opened leaves the previous one in use', async () => {
    const { browser, track, heard, changeDefault } = await connectWithDefault()
    await changeDefault()
    browser.prompts[1]?.deny('NotReadableError')
    await settled()
    expect([browser.live(), heard.at(-1)]).toEqual([[track], 'live'])
  })

  it('is not followed if the user has chosen a device, or if that would prompt', async () => {
    const chosen = await connectWithDefault({ microphoneId: 'headset' })
    await chosen.changeDefault()
    expect(chosen.browser.prompts).toHaveLength(1)
    const prompting = await connectWithDefault()
    prompting.browser.permission = 'prompt'
    await prompting.changeDefault()
    expect(prompting.browser.prompts).toHaveLength(1)
  })
})
