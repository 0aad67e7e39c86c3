import { onTestFinished, vi } from 'vitest'
import type { MediaListener } from '../../../middleware/drivers/call/page-ports.js'

export class StubTrack extends EventTarget {
  kind = 'audio'
  readyState: MediaStreamTrackState = 'live'
  enabled = true
  muted = false
  constructor(readonly deviceId: string | null) {
    super()
  }
  stop() {
    this.readyState = 'ended'
  }
  /** Muted or unmuted by the system. */
  muteBySystem(muted: boolean) {
    this.muted = muted
    this.dispatchEvent(new Event(muted ? 'mute' : 'unmute'))
  }
  /** Ends like the track of an unplugged device. */
  unplug() {
    if (this.readyState === 'ended') return
    this.readyState = 'ended'
    this.dispatchEvent(new Event('ended'))
  }
}

const streamOf = (track: StubTrack) => ({ getAudioTracks: () => [track] }) as unknown as MediaStream

/** A prompt, or anything else the browser waits for before `getUserMedia` settles. */
export interface StubPrompt {
  deviceId: string | null
  isAnswered: boolean
  grant(): StubTrack
  deny(errorName: string): void
}

export class StubConnection {
  static all: StubConnection[] = []
  connectionState = 'new'
  /** Tracks that were sent. The last one is being sent now. */
  sent: (StubTrack | null)[] = []
  /** True after an answer that rejects audio. */
  isAudioRejected = false
  ontrack: ((event: unknown) => void) | null = null
  onconnectionstatechange: (() => void) | null = null
  constructor(public configuration: RTCConfiguration) {
    StubConnection.all.push(this)
  }
  addEventListener() {}
  getConfiguration = () => this.configuration
  setConfiguration(configuration: RTCConfiguration) {
    this.configuration = configuration
  }
  createOffer = async () => ({ type: 'offer', sdp: '' })
  async setLocalDescription() {
    this.localDescription = { type: 'offer', sdp: '' }
  }
  localDescription: unknown = null
  getStats = async () => new Map()
  createDataChannel = (label: string) => ({ label, readyState: 'connecting' })
  addTransceiver = () => ({
    sender: {
      replaceTrack: async (track: StubTrack | null) => {
        if (this.isAudioRejected) throw new DOMException('stopped', 'InvalidStateError')
        this.sent.push(track)
      },
    },
  })
  close() {
    this.connectionState = 'closed'
  }
  receive(track = new StubTrack(null)) {
    this.ontrack?.({ track, streams: [streamOf(track)] })
  }
}

/** An audio element. `play()` and `setSinkId()` wait until the test settles them. */
export class StubAudio extends EventTarget {
  static all: StubAudio[] = []
  volume = 1
  paused = true
  srcObject: unknown = null
  plays: { resolve(): void; reject(error: unknown): void }[] = []
  sinks: { deviceId: string; resolve(): void; reject(error: unknown): void }[] = []
  constructor() {
    super()
    StubAudio.all.push(this)
  }
  play() {
    this.paused = false
    return new Promise<void>((resolve, reject) => this.plays.push({ resolve, reject }))
  }
  pause() {
    this.paused = true
    this.dispatchEvent(new Event('pause'))
  }
  setSinkId(deviceId: string) {
    return new Promise<void>((resolve, reject) => this.sinks.push({ deviceId, resolve, reject }))
  }
}

const describeDevice = (kind: MediaDeviceKind, name: string) => ({
  kind,
  deviceId: name,
  groupId: name,
  label: name,
})

/** Replaces the browser's media APIs, which Node lacks. */
export function stubBrowser() {
  const prompts: StubPrompt[] = []
  const tracks: StubTrack[] = []
  const deviceEvents = new EventTarget()
  let permission: PermissionState | null = null
  let permissionReady = Promise.resolve()
  const browser = {
    prompts,
    tracks,
    /** Follows the prompt responses until a test sets it. */
    get permission(): PermissionState {
      return permission ?? (tracks.length > 0 ? 'granted' : 'prompt')
    },
    set permission(next) {
      permission = next
    },
    /** The system's default microphone, which Chromium lists a second time; null in browsers that don't report it. */
    defaultMicrophone: null as string | null,
    /** Delays permission queries until the returned function is called. */
    holdPermission() {
      let release = () => {}
      permissionReady = new Promise<void>((resolve) => (release = resolve))
      return release
    },
    microphones: ['built-in', 'headset'],
    /** Listeners for device changes. */
    watchers: new Set<() => void>(),
    live: () => tracks.filter(({ readyState }) => readyState === 'live'),
    connections: StubConnection.all,
    elements: StubAudio.all,
    /** Changes the devices and fires the event. */
    plug(microphones: string[]) {
      browser.microphones = microphones
      deviceEvents.dispatchEvent(new Event('devicechange'))
    },
  }
  StubConnection.all = browser.connections = []
  StubAudio.all = browser.elements = []

  function getUserMedia({ audio }: { audio: MediaTrackConstraints }) {
    const { exact = null } = (audio.deviceId ?? {}) as { exact?: string }
    return new Promise<MediaStream>((resolve, reject) => {
      const prompt: StubPrompt = {
        deviceId: exact,
        isAnswered: false,
        grant() {
          prompt.isAnswered = true
          const track = new StubTrack(exact)
          tracks.push(track)
          resolve(streamOf(track))
          return track
        },
        deny(errorName) {
          prompt.isAnswered = true
          reject(new DOMException('no', errorName))
        },
      }
      prompts.push(prompt)
    })
  }

  vi.stubGlobal('navigator', {
    permissions: {
      async query() {
        await permissionReady
        return { state: browser.permission }
      },
    },
    mediaDevices: {
      getUserMedia,
      enumerateDevices: async () => [
        ...(browser.defaultMicrophone === null
          ? []
          : [
              {
                ...describeDevice('audioinput', browser.defaultMicrophone),
                deviceId: 'default',
                label: `Default - ${browser.defaultMicrophone}`,
              },
            ]),
        ...browser.microphones.map((name) => describeDevice('audioinput', name)),
        ...['loud', 'louder'].map((name) => describeDevice('audiooutput', name)),
      ],
      addEventListener(type: string, listener: () => void) {
        browser.watchers.add(listener)
        deviceEvents.addEventListener(type, listener)
      },
      removeEventListener(type: string, listener: () => void) {
        browser.watchers.delete(listener)
        deviceEvents.removeEventListener(type, listener)
      },
    },
  })
  vi.stubGlobal('RTCPeerConnection', StubConnection)
  vi.stubGlobal('Audio', StubAudio)
  onTestFinished(() => void vi.unstubAllGlobals())
  return browser
}

/** A listener that records the events of a call's media. */
export function recordingListener() {
  const heard: unknown[] = []
  const listener: MediaListener = {
    onMicrophone: (state) => heard.push(state),
    onPlayback: (state) => heard.push(state),
    onFallback: (fallback, deviceId) => heard.push({ ...fallback, deviceId }),
  }
  return { heard, listener }
}

/** Resolves after all promises that are already settling, because microtasks run before the next task. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
