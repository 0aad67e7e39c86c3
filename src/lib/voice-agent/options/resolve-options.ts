import {
  createReconnectPolicy,
  type ReconnectPolicy,
} from '../../../../middleware/drivers/call/reconnect-policy.js'
import type { PersistenceTiming } from '../../../../middleware/drivers/storage/ports.js'
import type { AnyVoiceTool, VoiceTools } from '../../../../middleware/drivers/tools/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import type { PersistenceOptions, VoiceAgentOptions } from './options.js'

const defaultReducerPath = 'voiceAgent'
const defaultDatabaseName = 'redux-voice-agent'
const day = 24 * 60 * 60 * 1000

/** All options, with defaults for the ones left out. */
export interface ResolvedOptions extends VoiceAgentOptions {
  policy: ReconnectPolicy
  autoReconnect: 'if-permitted' | 'always' | 'never'
  contextMessages: number
  tools: VoiceTools
  reducerPath: string
  /** Null if nothing is stored. */
  storage: PersistenceOptions | null
  timing: PersistenceTiming
}

function check(isValid: boolean, name: string, what: string): void {
  if (!isValid) throw new VoiceAgentError('invalid-option', `${name} must be ${what}.`)
}

/** @throws VoiceAgentError `invalid-option`, unless each is a function or left out. */
export function checkFunctions(values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    check(value === undefined || typeof value === 'function', name, 'a function')
  }
}

function checkNames(values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    check(typeof value === 'string' && value !== '', name, 'a name')
  }
}

function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  check(choices.includes(value), name, `'${choices.join("' or '")}'`)
}

function checkNumbers(numbers: Record<string, number>): void {
  for (const [name, value] of Object.entries(numbers)) {
    check(Number.isFinite(value) && value >= 0, name, 'a finite number of at least 0')
  }
}

function checkObject(name: string, value: unknown): void {
  check(typeof value === 'object' && value !== null, name, 'an object')
}

function checkTools(tools: Record<string, Partial<AnyVoiceTool>>): void {
  checkObject('tools', tools)
  for (const [name, tool] of Object.entries(tools)) {
    checkObject(`tools.${name}`, tool)
    const hasSchema = typeof tool.parameters?.['~standard']?.validate === 'function'
    check(hasSchema, `tools.${name}.parameters`, 'a Standard Schema, such as one of Zod, Valibot or ArkType')
    check(typeof tool.run === 'function', `tools.${name}.run`, 'a function')
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
    persistence = {},
    reconnect = {},
    transport,
    refreshToken,
    buildContext,
    openMicrophone,
  } = options ?? {}
  check(
    typeof apiEndpoint === 'string' && apiEndpoint !== '',
    'apiEndpoint',
    "a URL or path such as '/api/voice-agent'",
  )
  checkNames({ reducerPath })
  checkChoice('autoReconnect', autoReconnect, ['if-permitted', 'always', 'never'])
  checkTools(tools as Record<string, Partial<AnyVoiceTool>>)
  checkFunctions({ transport, refreshToken, buildContext, openMicrophone })
  if (typeof reconnect !== 'function') checkObject('reconnect', reconnect)
  if (persistence !== false) checkObject('persistence', persistence)

  // Gives each agent of a page its own database: with a shared one they would restore each other's conversation.
  const ownDatabase =
    reducerPath === defaultReducerPath ? defaultDatabaseName : `${defaultDatabaseName}-${reducerPath}`
  const {
    debounceMs = 2_000,
    maxWaitMs = 5_000,
    retentionMs = 7 * day,
    version = 1,
    databaseName = ownDatabase,
    driver = [],
    restore = 'newest',
    storage: given,
    keyProvider,
    migrate,
    scope,
    consent = true,
  } = persistence || {}
  checkNumbers({
    contextMessages,
    'persistence.debounceMs': debounceMs,
    'persistence.maxWaitMs': maxWaitMs,
    'persistence.retentionMs': retentionMs,
    'persistence.version': version,
  })
  checkNames({ 'persistence.databaseName': databaseName })
  for (const name of [driver].flat()) checkNames({ 'persistence.driver': name })
  checkChoice('persistence.restore', restore, ['newest', 'all'])
  if (given !== undefined) checkObject('persistence.storage', given)
  if (scope !== undefined) checkNames({ 'persistence.scope': scope })
  check(
    scope === undefined || given === undefined || given.reopen !== undefined,
    'persistence.storage',
    'a storage with reopen(), because persistence.scope is set',
  )
  check(consent === 'ask' || typeof consent === 'boolean', 'persistence.consent', "true, false or 'ask'")
  checkFunctions({ 'persistence.keyProvider': keyProvider, 'persistence.migrate': migrate })
  const storage = persistence && { ...persistence, databaseName }

  // A slash at the end would be doubled in every address.
  const endpoint = apiEndpoint.replace(/\/+$/, '')
  return {
    ...options,
    apiEndpoint: endpoint,
    policy: typeof reconnect === 'function' ? reconnect : createReconnectPolicy(reconnect),
    autoReconnect,
    contextMessages,
    tools,
    reducerPath,
    storage: storage || null,
    timing: { debounceMs, maxWaitMs, version, retentionMs },
  }
}
