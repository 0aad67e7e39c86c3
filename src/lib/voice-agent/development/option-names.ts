import type { ReconnectPolicyOptions } from '../../../../middleware/drivers/call/reconnect-policy.js'
import type { Warning } from '../../../../middleware/warnings.js'
import type { PersistenceOptions, VoiceAgentOptions } from '../options/options.js'

/** TypeScript compares these names with the types, so that no option is missing. */
const agent: Record<keyof VoiceAgentOptions, true> = {
  apiEndpoint: true,
  transport: true,
  refreshToken: true,
  persistence: true,
  reconnect: true,
  autoReconnect: true,
  contextMessages: true,
  buildContext: true,
  reducerPath: true,
  talk: true,
  audio: true,
  openMicrophone: true,
  iceServers: true,
  iceTransportPolicy: true,
  tools: true,
  mirror: true,
  analytics: true,
}
const persistence: Record<keyof PersistenceOptions, true> = {
  debounceMs: true,
  maxWaitMs: true,
  retentionMs: true,
  onQuotaExceeded: true,
  warnAtUsage: true,
  databaseName: true,
  driver: true,
  store: true,
  storage: true,
  scope: true,
  consent: true,
  keyProvider: true,
  version: true,
  migrate: true,
  restore: true,
}
const reconnect: Record<keyof ReconnectPolicyOptions, true> = {
  baseDelayMs: true,
  maxDelayMs: true,
  maxAttempts: true,
}
const groups = { persistence, reconnect }

const unknownIn = (options: object, known: object) =>
  Object.keys(options).filter((name) => !Object.hasOwn(known, name))

/** Warns about options that have no effect, such as `persistance: false`, which would not turn the storage off. */
export function checkOptionNames(warn: (warning: Warning) => void, options: VoiceAgentOptions): void {
  for (const name of unknownIn(options, agent)) {
    const group = Object.entries(groups).find(([, known]) => Object.hasOwn(known, name))
    const hint = group ? `, which is an option of \`${group[0]}\`` : ''
    warn({ warning: 'unknown-option', got: `\`${name}\`${hint}.` })
  }
  for (const [group, known] of Object.entries(groups)) {
    const given = options[group as keyof typeof groups]
    // `reconnect` may be a function.
    if (typeof given !== 'object') continue
    for (const name of unknownIn(given, known))
      warn({ warning: 'unknown-option', got: `\`${group}.${name}\`.` })
  }
}
