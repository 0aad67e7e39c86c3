/** Codes of warnings about the setup, which are printed during development only. */
export type WarningCode =
  | 'bot-not-understood'
  | 'no-session-contract'
  | 'no-candidates-route'
  | 'shared-database'
  | 'plain-persistence'
  | 'middleware-missing'
  | 'reducer-elsewhere'
  | 'analytics-sink-failed'

/** A finding about the app's setup that ends nothing. */
export interface Warning {
  warning: WarningCode
  /** Describes what came instead of what was expected, without a secret and without a word of the conversation. */
  got: string
}
