import { nanoid } from '@reduxjs/toolkit'
import { systemClock } from '../../../../middleware/clock.js'
import { createRuntime, type Runtime, type RuntimeHost } from '../../../../middleware/runtime.js'
import { microphonePermission } from '../audio/microphone-permission.js'
import { createDefaultTokenRefresh } from '../options/default-token-refresh.js'
import type { ResolvedOptions } from '../options/resolve-options.js'
import { createNetwork } from '../page/online-status.js'
import { createPageLifecycle } from '../page/page-lifecycle.js'
import { createNullStorage } from '../storage/null-storage.js'
import { createStorage } from '../storage/storage.js'
import type { LazyMedia } from './lazy-media.js'
import { warnInDevelopment } from './warn.js'

/** Creates everything that has effects, in a browser. Loaded when the store has installed the middleware. */
export function createBrowserRuntime(options: ResolvedOptions, media: LazyMedia, host: RuntimeHost): Runtime {
  const defaultTokenRefresh = createDefaultTokenRefresh(options.apiEndpoint)
  return createRuntime(host, {
    ...options,
    storage: options.storage ? createStorage(options.storage) : createNullStorage(),
    isPersistent: options.storage !== null,
    consent: options.storage && (options.storage.consent ?? true) === true,
    migrate: options.storage?.migrate,
    // The app may replace it later.
    refreshToken: (request) => (options.refreshToken ?? defaultTokenRefresh)(request),
    page: createPageLifecycle(),
    network: createNetwork(),
    microphonePermission,
    loadCall: media.loadCall,
    clock: systemClock,
    createId: nanoid,
    random: Math.random,
    warn: warnInDevelopment,
  })
}
