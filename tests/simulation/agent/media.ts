import type { Page } from '../browser.js'
import type { PageGlobals } from '../bundle.js'

/** A microphone track, with only the members that the code uses. */
class Track extends EventTarget {
  readonly kind = 'audio'
  readyState: MediaStreamTrackState = 'live'
  enabled = true
  stop(): void {
    this.readyState = 'ended'
  }
  getSettings = () => ({})
}

interface Prompt {
  page: Page
  answer(isGranted: boolean): void
}

/** A browser's microphones. A request may wait for the user. Counts the live ones. */
export class Microphones {
  readonly #tracks = new Map<Page, Track[]>()
  #prompts: Prompt[] = []
  permission: 'granted' | 'prompt' | 'denied' = 'granted'

  /** Number of live microphones of a page. */
  liveOf(page: Page): number {
    return (this.#tracks.get(page) ?? []).filter(({ readyState }) => readyState === 'live').length
  }

  /** True if a page's microphone records sound, instead of silence. */
  isHeard(page: Page): boolean {
    return (this.#tracks.get(page) ?? []).some(({ readyState, enabled }) => readyState === 'live' && enabled)
  }

  /** The user responds to all open prompts. */
  answerPrompts(isGranted: boolean): void {
    const prompts = this.#prompts
    this.#prompts = []
    for (const { answer } of prompts) answer(isGranted)
  }

  /** The device is unplugged. */
  unplug(page: Page): void {
    for (const track of this.#tracks.get(page) ?? []) {
      if (track.readyState === 'ended') continue
      track.readyState = 'ended'
      page.run(() => track.dispatchEvent(new Event('ended')))
    }
  }

  /** Stops the microphones of a closed page. */
  close(page: Page): void {
    for (const track of this.#tracks.get(page) ?? []) track.stop()
    this.#prompts = this.#prompts.filter((prompt) => prompt.page !== page)
  }

  #open(page: Page): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const answer = (isGranted: boolean) =>
        page.browser.world.later(`${page.name} ${isGranted ? 'gets' : 'is refused'} a microphone`, () =>
          page.run(() => {
            if (!isGranted) return reject(new DOMException('', 'NotAllowedError'))
            const track = new Track()
            this.#tracks.set(page, [...(this.#tracks.get(page) ?? []), track])
            resolve({ getAudioTracks: () => [track] })
          }),
        )
      if (this.permission === 'prompt') this.#prompts.push({ page, answer })
      else answer(this.permission === 'granted')
    })
  }

  /** Returns the globals through which a page uses the microphones and its peer connections. */
  globalsFor(page: Page): { navigator: object; globals: PageGlobals } {
    const soon = <T>(value: () => T) =>
      new Promise<T>((resolve) =>
        page.browser.world.later(`${page.name} hears of its devices`, () => page.run(() => resolve(value()))),
      )
    return {
      navigator: {
        permissions: { query: () => soon(() => ({ state: this.permission })) },
        mediaDevices: {
          getUserMedia: () => this.#open(page),
          enumerateDevices: () => soon(() => []),
          addEventListener() {},
          removeEventListener() {},
        },
        userActivation: { hasBeenActive: false },
      },
      globals: { RTCPeerConnection: Connection, Audio: Speaker },
    }
  }
}

/** A peer connection that transports nothing, because messages go through the simulated server. */
class Connection {
  connectionState = 'new'
  ontrack = null
  onconnectionstatechange = null
  constructor(readonly configuration: object) {}
  addEventListener() {}
  getConfiguration = () => this.configuration
  getStats = async () => new Map()
  createDataChannel = () => ({ readyState: 'connecting' })
  addTransceiver = () => ({ sender: { replaceTrack: async () => {} } })
  close() {
    this.connectionState = 'closed'
  }
}

class Speaker extends EventTarget {
  volume = 1
  paused = true
  srcObject = null
  async play() {
    this.paused = false
  }
  pause() {
    this.paused = true
  }
  async setSinkId() {}
}
