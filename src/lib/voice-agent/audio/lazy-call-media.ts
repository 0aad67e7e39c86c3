import { loadChunk } from '../../../../middleware/load-chunk.js'
import type { MediaListener } from '../../../../middleware/webrtc/ports.js'
import { unknownDevices } from './audio-devices.js'
import type { AudioLevel, AudioSource } from './audio-level.js'
import type { CallMediaOptions } from './call-media.js'
import { microphonePermission } from './microphone-permission.js'
import type { BrowserCallMedia, createCallMedia } from './old-call-media.js'

/** A call's code holds the media's too: one chunk, because a call always needs both. */
export const importCall = () => import('../agent/call-chunk.js')

/** What of the page's media is there before their code is. */
export interface LazyCallMedia
  extends Pick<
    BrowserCallMedia,
    'devices' | 'promptForSpeaker' | 'level' | 'setMuted' | 'close' | 'microphonePermission'
  > {
  /** Once, before there is a call. */
  listen(listener: MediaListener): void
  /**
   * The media themselves, which a call uses. What failed is loaded again the next time.
   *
   * @throws VoiceAgentError `chunk-load-failed`
   */
  load(): Promise<BrowserCallMedia>
}

/** The page's media, whose code is loaded with the first call, or when somebody looks at the devices. */
export function createLazyCallMedia(
  options: CallMediaOptions,
  load: () => Promise<{ createCallMedia: typeof createCallMedia }> = importCall,
): LazyCallMedia {
  let tell: MediaListener = { onMicrophone() {}, onPlayback() {}, onFallback() {} }
  let media: BrowserCallMedia | null = null
  let loading: Promise<BrowserCallMedia> | null = null
  /** What waits for it. Of several choices of one thing the last one. */
  const waiting = new Map<unknown, (media: BrowserCallMedia) => void>()

  async function create(): Promise<BrowserCallMedia> {
    const { createCallMedia } = await loadChunk(load)
    const created = createCallMedia(options, tell)
    media = created
    for (const run of waiting.values()) run(created)
    waiting.clear()
    return created
  }

  function ensure(): Promise<BrowserCallMedia> {
    loading ??= create().catch((error: unknown) => {
      loading = null
      throw error
    })
    return loading
  }

  /** For what asks for nothing: without the code it has no effect, and the next use tries again. */
  const prepare = () => void ensure().catch(() => undefined)

  function whenLoaded(key: unknown, run: (media: BrowserCallMedia) => void) {
    if (media) run(media)
    else waiting.set(key, run)
  }

  function subscribe(
    listener: () => void,
    sourceOf: (media: BrowserCallMedia) => Pick<AudioLevel, 'subscribe'>,
  ): () => void {
    if (media) return sourceOf(media).subscribe(listener)
    let stop = () => {}
    const key = Symbol()
    waiting.set(key, (loaded) => {
      stop = sourceOf(loaded).subscribe(listener)
      // What was there as they came, nobody else tells.
      listener()
    })
    return () => {
      waiting.delete(key)
      stop()
    }
  }

  const level = (source: AudioSource): AudioLevel => ({
    get: () => media?.level(source).get() ?? 0,
    subscribe: (listener) => subscribe(listener, (loaded) => loaded.level(source)),
  })
  const levels = { microphone: level('microphone'), agent: level('agent') }

  return {
    devices: {
      get: () => media?.devices.get() ?? unknownDevices,
      refresh: async () => (await ensure()).devices.refresh(),
      subscribe(listener) {
        prepare()
        return subscribe(listener, (loaded) => loaded.devices)
      },
    },
    promptForSpeaker: async () => (await ensure()).promptForSpeaker(),
    level: (source) => levels[source],
    load: ensure,
    setMuted: (isMuted) => whenLoaded('muted', (loaded) => loaded.setMuted(isMuted)),
    close() {
      if (media) return media.close()
      waiting.delete('muted')
      tell.onMicrophone('off')
    },
    listen(listener) {
      tell = listener
    },
    microphonePermission,
  }
}
