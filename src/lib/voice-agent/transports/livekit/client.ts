import { VoiceAgentError } from '../../../../../store/index.js'

/** LiveKit's own client, an optional peer dependency: only its types are imported statically. */
export type LiveKitClient = typeof import('livekit-client')

/** Loads LiveKit's client. */
export type LoadLiveKit = () => Promise<LiveKitClient>

export const loadLiveKit: LoadLiveKit = () => import('livekit-client')

/** Loads the client. @throws VoiceAgentError `chunk-load-failed` */
export async function requireClient(load: LoadLiveKit): Promise<LiveKitClient> {
  try {
    return await load()
  } catch (cause) {
    throw new VoiceAgentError(
      'chunk-load-failed',
      'livekit-client could not be loaded. Install it with `npm i livekit-client`.',
      {
        cause,
      },
    )
  }
}
