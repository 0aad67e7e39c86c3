import type { VoiceTransportFactory } from '../../../../middleware/drivers/call/ports.js'
import { createRuntime, type Runtime, type RuntimeHost } from '../../../../middleware/runtime.js'
import { microphonePermission } from '../audio/microphone-permission.js'
import { createDefaultTokenRefresh } from '../options/default-token-refresh.js'
import type { ResolvedOptions } from '../options/resolve-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import { createCallMark, createNetwork, createPageLifecycle } from '../page/page-lifecycle.js'
import { createNullStorage } from '../storage/null-storage.js'
import { createStorage } from '../storage/storage.js'
import type { VoiceAgentEvents } from './agent-events.js'
import type { Emitter } from './emitter.js'
import type { LazyMedia } from './lazy-media.js'

async function importTransport(): Promise<VoiceTransportFactory> {
  const { smallWebRtcTransport } = await import('../transports/small-webrtc/index.js')
  return smallWebRtcTransport()
}
/** Milliseconds by which the device's clock may differ from the server's before it counts as wrong. */
const DAY_MS = 24 * 60 * 60 * 1000

/** Creates everything that has effects, in a browser. Loaded when the store has installed the middleware. */
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
  // Events without an action: they change nothing in the state.
  storage.onChanged?.((sessionIds) => emit('sessionsChanged', { sessionIds }))
  storage.onAlmostFull?.((fill) => emit('storageAlmostFull', fill))
  return createRuntime(host, {
    ...options,
    storage,
    isPersistent: options.storage !== null,
    consent: options.storage && (options.storage.consent ?? true) === true,
    migrate: options.storage?.migrate,
    // The app may replace it later.
    refreshToken: (request) => (options.refreshToken ?? defaultTokenRefresh)(request),
    page: createPageLifecycle(),
    network: createNetwork(),
    microphonePermission,
    callMark: createCallMark(options.storage?.databaseName ?? null, options.reducerPath),
    async loadCall() {
      const [parts, loaded] = await Promise.all([
        media.load(),
        options.transport ?? importWithUnloadRetry(importTransport),
      ])
      // The app may switch it later.
      const current = () => options.transport ?? loaded
      const transport: VoiceTransportFactory = (host) => current()(host)
      return { ...parts, transport: Object.assign(transport, { peer: current().peer }) }
    },
    warn: host.warn,
  })
}
