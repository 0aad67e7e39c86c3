import type { CallParts } from '../../../../middleware/drivers/call/driver.js'
import { type AudioDeviceList, unknownDevices } from '../audio/audio-devices.js'
import type { AudioLevel, AudioSource, WatchTracks } from '../audio/audio-level.js'
import type { BrowserAgentMedia, CallMediaOptions } from '../audio/call-media.js'
import { importWithUnloadRetry } from '../page/page-exit.js'

type CallCode = typeof import('./call-chunk.js')

/** The page's audio. Its code is loaded with the first call, or when a view subscribes to the devices. */
export interface LazyMedia {
  devices: AudioDeviceList
  level(source: AudioSource): AudioLevel
  watchTracks: WatchTracks
  /** Reads the browser's statistics of the last opened connection; null if there is none. */
  readStats(): Promise<RTCStatsReport | null>
  /** Lets the user choose from the browser's own list. Returns null if the user chose none. */
  promptForSpeaker(): Promise<string | null>
  /**
   * Loads the code for calls, without the transport. A failed load is retried the next time.
   *
   * @throws VoiceAgentError `chunk-load-failed`
   */
  load(): Promise<Omit<CallParts, 'transport'>>
  dispose(): void
}

const importCall = () => import('./call-chunk.js')

export function createLazyMedia(
  options: CallMediaOptions,
  importCode: () => Promise<CallCode> = importCall,
): LazyMedia {
  let media: BrowserAgentMedia | null = null
  let loading: ReturnType<typeof create> | null = null
  /** Subscriptions that are waiting for the media. */
  const waiting = new Set<(media: BrowserAgentMedia) => void>()

  async function create() {
    const { createAgentMedia, callParts } = await importWithUnloadRetry(importCode)
    const created = createAgentMedia(options)
    media = created
    for (const run of waiting) run(created)
    waiting.clear()
    return { media: created, ...callParts }
  }

  function load() {
    loading ??= create().catch((error: unknown) => {
      loading = null
      throw error
    })
    return loading
  }

  /** Runs `start` now, or once the media are loaded. */
  function whenLoaded(start: (loaded: BrowserAgentMedia) => () => void): () => void {
    if (media) return start(media)
    let stop = () => {}
    const run = (loaded: BrowserAgentMedia) => {
      stop = start(loaded)
    }
    waiting.add(run)
    return () => {
      waiting.delete(run)
      stop()
    }
  }

  function subscribe(
    listener: () => void,
    sourceOf: (media: BrowserAgentMedia) => Pick<AudioLevel, 'subscribe'>,
  ): () => void {
    const isLoaded = media !== null
    return whenLoaded((loaded) => {
      const unsubscribe = sourceOf(loaded).subscribe(listener)
      // The value may differ from the placeholder before the code was loaded.
      if (!isLoaded) listener()
      return unsubscribe
    })
  }

  const level = (source: AudioSource): AudioLevel => ({
    get: () => media?.level(source).get() ?? 0,
    subscribe: (listener) => subscribe(listener, (loaded) => loaded.level(source)),
  })
  const levels = { microphone: level('microphone'), agent: level('agent') }

  return {
    devices: {
      get: () => media?.devices.get() ?? unknownDevices,
      refresh: async () => (await load()).media.devices.refresh(),
      subscribe(listener) {
        // If loading fails, there is no list, and the next subscriber retries.
        load().catch(() => undefined)
        return subscribe(listener, (loaded) => loaded.devices)
      },
    },
    level: (source) => levels[source],
    watchTracks: (listener) => whenLoaded((loaded) => loaded.watchTracks(listener)),
    readStats: async () => media?.readStats() ?? null,
    promptForSpeaker: async () => (await load()).media.promptForSpeaker(),
    load,
    dispose() {
      waiting.clear()
      media?.dispose()
    },
  }
}
