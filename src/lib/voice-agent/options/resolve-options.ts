import {
  createReconnectPolicy,
  type ReconnectPolicy,
} from '../../../../middleware/drivers/call/reconnect-policy.js'
import type { PersistenceTiming } from '../../../../middleware/drivers/storage/ports.js'
import type { AnyVoiceTool, VoiceTools } from '../../../../middleware/drivers/tools/ports.js'
import type { TalkMode } from '../../../../store/index.js'
import {
  check,
  checkChoice,
  checkDatabase,
  checkFunctions,
  checkNames,
  checkObjects,
  isAmount,
  isFunction,
  isName,
} from './check-options.js'
import type { PersistenceOptions, VoiceAgentOptions } from './options.js'

const DEFAULT_REDUCER_PATH = 'voiceAgent'
const DEFAULT_DATABASE_NAME = 'redux-voice-agent'
const DAY_MS = 24 * 60 * 60 * 1000

/** All options, with defaults filled in. */
export interface ResolvedOptions extends VoiceAgentOptions {
  policy: ReconnectPolicy
  autoReconnect: 'if-permitted' | 'always' | 'never'
  talk: TalkMode
  contextMessages: number
  tools: VoiceTools
  reducerPath: string
  /** Null if nothing is stored. Contains the agent's number once it is mounted. */
  storage: (PersistenceOptions & { databaseName: string; agentNumber?: number }) | null
  timing: PersistenceTiming
}

function checkTools(tools: Record<string, Partial<AnyVoiceTool>>): void {
  checkObjects({ tools })
  for (const [name, tool] of Object.entries(tools)) {
    checkObjects({ [`tools.${name}`]: tool })
    const validate = tool.parameters?.['~standard']?.validate
    const schema = 'a Standard Schema, such as one of Zod, Valibot or ArkType'
    check({ [`tools.${name}.parameters`]: validate }, isFunction, schema)
    check({ [`tools.${name}.run`]: tool.run }, isFunction, 'a function')
    const { needsApproval, timeLimitMs } = tool
    const isDecision = (value: unknown) =>
      value === undefined || typeof value === 'boolean' || isFunction(value)
    check({ [`tools.${name}.needsApproval`]: needsApproval }, isDecision, 'true, false or a function')
    const isLimit = (value: unknown) => value === undefined || (typeof value === 'number' && value > 0)
    check({ [`tools.${name}.timeLimitMs`]: timeLimitMs }, isLimit, 'a number above 0')
  }
}

/** @throws VoiceAgentError `invalid-option`, which names the option. */
export function resolveOptions(options: VoiceAgentOptions): ResolvedOptions {
  const {
    apiEndpoint,
    contextMessages = 10,
    tools = {},
    reducerPath = DEFAULT_REDUCER_PATH,
    autoReconnect = 'if-permitted',
    talk = 'hands-free',
    persistence = {},
    reconnect = {},
    transport,
    refreshToken,
    buildContext,
    openMicrophone,
    mirror,
    analytics,
  } = options ?? {}
  check({ apiEndpoint }, isName, "a URL or path such as '/api/voice-agent'")
  checkNames({ reducerPath })
  checkChoice({ autoReconnect }, ['if-permitted', 'always', 'never'])
  checkChoice({ talk }, ['hands-free', 'push-to-talk', 'text'] satisfies TalkMode[])
  checkTools(tools as Record<string, Partial<AnyVoiceTool>>)
  checkFunctions({ transport, refreshToken, buildContext, openMicrophone })
  check({ mirror }, () => mirror === undefined || isFunction(mirror?.attach), 'mirrorTabs()')
  check({ analytics }, () => analytics === undefined || isFunction(analytics?.attach), 'voiceAnalytics()')
  const switchedOff = 'an object or a function; { maxAttempts: 0 } turns it off'
  if (typeof reconnect !== 'function') checkObjects({ reconnect }, switchedOff)
  if (persistence !== false) checkObjects({ persistence }, 'an object or false')

  // Each agent in a page needs its own database. Otherwise, they would restore each other's conversations.
  const ownDatabase =
    reducerPath === DEFAULT_REDUCER_PATH ? DEFAULT_DATABASE_NAME : `${DEFAULT_DATABASE_NAME}-${reducerPath}`
  const {
    debounceMs = 2_000,
    maxWaitMs = 5_000,
    retentionMs = 7 * DAY_MS,
    version = 1,
    databaseName = ownDatabase,
    driver,
    store,
    restore = 'newest',
    storage: customStorage,
    keyProvider,
    migrate,
    scope,
    consent = true,
    onQuotaExceeded,
    warnAtUsage = false,
  } = persistence || {}
  const amounts = {
    contextMessages,
    'persistence.debounceMs': debounceMs,
    'persistence.maxWaitMs': maxWaitMs,
    'persistence.retentionMs': retentionMs,
    'persistence.version': version,
    'persistence.warnAtUsage': warnAtUsage || 0,
  }
  check(amounts, isAmount, 'a finite number, 0 or more')
  checkDatabase({ databaseName, driver, store, keyProvider }, 'persistence.')
  checkChoice({ 'persistence.restore': restore }, ['newest', 'all'])
  checkNames({ 'persistence.scope': scope })
  if (customStorage !== undefined) {
    const given = { 'persistence.storage': customStorage }
    check(given, () => customStorage?.tokens !== undefined, 'a VoiceStorage')
    const reopens = 'a storage with reopen(), because persistence.scope is set'
    check(given, () => scope === undefined || customStorage.reopen !== undefined, reopens)
  }
  checkChoice({ 'persistence.consent': consent }, [true, false, 'ask'])
  checkFunctions({ 'persistence.migrate': migrate, 'persistence.onQuotaExceeded': onQuotaExceeded })
  const storage = persistence && { ...persistence, databaseName }

  // A trailing slash would be doubled in every URL.
  const endpoint = apiEndpoint.replace(/\/+$/, '')
  return {
    ...options,
    apiEndpoint: endpoint,
    policy: typeof reconnect === 'function' ? reconnect : createReconnectPolicy(reconnect),
    autoReconnect,
    talk,
    contextMessages,
    tools,
    reducerPath,
    storage: storage || null,
    timing: { debounceMs, maxWaitMs, version, retentionMs },
  }
}
