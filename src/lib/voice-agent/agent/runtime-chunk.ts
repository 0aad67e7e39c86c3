import type { VoiceTransportFactory } from '../../../../middleware/drivers/call/ports.js'
import { createRuntime, type Runtime, type RuntimeHost } from '../../../../middleware/runtime.js'
import { createDefaultTokenRefresh } from '../options/default-token-refresh.js'
import type { ResolvedOptions } from '../options/resolve-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import {
  createCallMark,
  createNetwork,
  createPageLifecycle,
  microphonePermission,
  whenActivated,
} from '../page/page-lifecycle.js'
import { createNullStorage } from '../storage/memory-storage.js'
import { preloadSyncCipher } from '../storage/records/cipher.js'
import { createStorage } from '../storage/storage.js'
import type { VoiceAgentEvents } from './agent-events.js'
import type { Emitter } from './emitter.js'
import type { LazyMedia } from './lazy-media.js'

async function importTransport(): Promise<VoiceTransportFactory> {
  const { smallWebRtcTransport } = await import('../transports/small-webrtc/index.js')
  return smallWebRtcTransport()
}

/** Loads the check before a call. It shares the default transport and token route with the runtime, so bundlers keep these in its chunk. */
export const importCallCheck = () => import('../check/call-check.js')

export { whenActivated }

/** Maximum difference between the device's clock and the server's before the device's counts as wrong. */
const DAY_MS = 24 * 60 * 60 * 1000

/** Creates the browser runtime, with all effects. Loaded once the middleware is mounted. */
export function createBrowserRuntime(
  options: ResolvedOptions,
  media: LazyMedia,
  host: RuntimeHost,
  emit: Emitter<VoiceAgentEvents>['emit'] = () => {},
): Runtime {
  let isClockWrong = false
  const defaultTokenRefresh = createDefaultTokenRefresh(options.apiEndpoint, (time) => {
    isClockWrong ||= Math.abs(time - Date.now()) > DAY_MS
  })
  const storage = options.storage
    ? createStorage({ ...options.storage, isClockWrong: () => isClockWrong })
    : createNullStorage()
  // These events have no action, because they don't change the state.
  storage.onChanged((sessionIds) => emit('sessionsChanged', { sessionIds }))
  storage.onAlmostFull((fill) => emit('storageAlmostFull', fill))
  return createRuntime(host, {
    ...options,
    storage,
    consent: options.storage && (options.storage.consent ?? true) === true,
    migrate: options.storage?.migrate,
    // Read on each call, because the app may replace the callback.
    refreshToken: (request) => (options.refreshToken ?? defaultTokenRefresh)(request),
    page: createPageLifecycle(),
    network: createNetwork(),
    microphonePermission,
    callMark: createCallMark(options.storage?.databaseName ?? null, options.reducerPath),
    async loadCall() {
      // The call's session needs it, and computing its tables takes longer than most tasks of a starting call.
      if (options.storage && !options.storage.storage) preloadSyncCipher()
      const [parts, loaded] = await Promise.all([
        media.load(),
        options.transport ?? importWithUnloadRetry(importTransport),
      ])
      // Read on each call, because the app may switch the transport.
      const current = () => options.transport ?? loaded
      const transport: VoiceTransportFactory = (host) => current()(host)
      return { ...parts, transport: Object.assign(transport, { peer: current().peer }) }
    },
  })
}
