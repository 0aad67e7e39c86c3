import type { PersistenceTiming } from '../../../middleware/persistence/index.js'
import type { AnyVoiceTool, VoiceTools } from '../../../middleware/tools/ports.js'
import type { VoiceTransportFactory } from '../../../middleware/webrtc/ports.js'
import { createReconnectPolicy, type ReconnectPolicy } from '../../../middleware/webrtc/reconnect-policy.js'
import { VoiceAgentError } from '../../../store/index.js'
import { createDefaultTokenRefresh } from './default-token-refresh.js'
import type { PersistenceOptions, VoiceAgentOptions } from './options.js'
import { defaultTransport } from './transports/default-transport.js'

const defaultReducerPath = 'voiceAgent'
const defaultDatabaseName = 'redux-voice-agent'
const day = 24 * 60 * 60 * 1000

/** The options with every default in its place. */
export interface ResolvedOptions extends VoiceAgentOptions {
  transport: VoiceTransportFactory
  refreshToken: NonNullable<VoiceAgentOptions['refreshToken']>
  policy: ReconnectPolicy
  autoReconnect: 'if-permitted' | 'always' | 'never'
  contextMessages: number
  tools: VoiceTools
  reducerPath: string
  /** Null when nothing is to be kept. */
  storage: PersistenceOptions | null
  timing: PersistenceTiming
}

function check(isValid: boolean, name: string, what: string): void {
  if (!isValid) throw new VoiceAgentError('invalid-option', `${name} must be ${what}.`)
}

function checkNumbers(numbers: Record<string, number>): void {
  for (const [name, value] of Object.entries(numbers)) {
    check(Number.isFinite(value) && value >= 0, name, 'a finite number of at least 0')
  }
}

/** @throws VoiceAgentError `invalid-option`, which names the option. */
export function resolveOptions(options: VoiceAgentOptions): ResolvedOptions {
  const {
    apiEndpoint,
    contextMessages = 10,
    tools = {},
    reducerPath = defaultReducerPath,
    autoReconnect = 'if-permitted',
  } = options
  check(
    typeof apiEndpoint === 'string' && apiEndpoint !== '',
    'apiEndpoint',
    "a URL or path such as '/api/voice-agent'",
  )
  check(typeof reducerPath === 'string' && reducerPath !== '', 'reducerPath', 'a name')
  check(
    ['if-permitted', 'always', 'never'].includes(autoReconnect),
    'autoReconnect',
    "'if-permitted', 'always' or 'never'",
  )

  for (const [name, { parameters, run }] of Object.entries(tools as Record<string, Partial<AnyVoiceTool>>)) {
    const hasSchema = typeof parameters?.['~standard']?.validate === 'function'
    check(hasSchema, `tools.${name}.parameters`, 'a Standard Schema, such as one of Zod, Valibot or ArkType')
    check(typeof run === 'function', `tools.${name}.run`, 'a function')
  }
  check(
    options.buildContext === undefined || typeof options.buildContext === 'function',
    'buildContext',
    'a function',
  )

  // Two agents of one page are two: sharing a database they would take each other's conversation.
  const databaseName =
    reducerPath === defaultReducerPath ? defaultDatabaseName : `${defaultDatabaseName}-${reducerPath}`
  const storage = options.persistence === false ? null : { databaseName, ...options.persistence }
  const { debounceMs = 2_000, maxWaitMs = 5_000, retentionMs = 7 * day, version = 1 } = storage ?? {}
  checkNumbers({
    contextMessages,
    'persistence.debounceMs': debounceMs,
    'persistence.maxWaitMs': maxWaitMs,
    'persistence.retentionMs': retentionMs,
    'persistence.version': version,
  })

  // A slash at the end would be doubled in every address.
  const endpoint = apiEndpoint.replace(/\/+$/, '')
  const { reconnect } = options
  return {
    ...options,
    apiEndpoint: endpoint,
    transport: options.transport ?? defaultTransport(),
    refreshToken: options.refreshToken ?? createDefaultTokenRefresh(endpoint),
    policy: typeof reconnect === 'function' ? reconnect : createReconnectPolicy(reconnect),
    autoReconnect,
    contextMessages,
    tools,
    reducerPath,
    storage,
    timing: { debounceMs, maxWaitMs, version, retentionMs },
  }
}
