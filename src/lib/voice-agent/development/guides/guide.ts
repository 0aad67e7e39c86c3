import type { VoiceErrorCode } from '../../../../../store/index.js'

/** Explanation of one error or warning for developers. The *Error codes* page is generated from it. */
export interface Guide {
  /**
   * The person who can do something about it. In development, an error for `user` is not printed on the console, unless another error
   * caused it.
   */
  for: 'user' | 'developer' | 'both'
  /** One sentence that says what was expected, or what happened. */
  meaning: string
  causes: readonly string[]
  remedies: readonly string[]
}

/** A part of the guide. Together, the parts have a guide for each code. */
export type Guides = Partial<Record<VoiceErrorCode, Guide>>
