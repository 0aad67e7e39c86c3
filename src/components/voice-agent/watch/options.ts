/** Options of the watch of a call. */
export interface CallWatchOptions {
  /** Milliseconds without a word or an action of the user until the call ends; 0 for never. */
  idleTimeout: number
  /** Warns about silent input, a slow network, and an agent that can't be heard. */
  hasWarnings: boolean
}
