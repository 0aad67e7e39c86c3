/** Codes of warnings about the setup, which are printed only in development. */
export type WarningCode =
  | 'bot-not-understood'
  | 'no-session-contract'
  | 'no-candidates-route'
  | 'unknown-option'
  | 'unknown-event'
  | 'insecure-origin'
  | 'mirror-alone'
  | 'shared-database'
  | 'plain-persistence'
  | 'reducer-elsewhere'
  | 'analytics-sink-failed'

/** A non-fatal problem with the app's setup. */
export interface Warning {
  warning: WarningCode
  /** Describes what was found instead of what was expected, without secrets or conversation text. */
  got: string
}
