import type { ToolCall, VoiceErrorCode } from '../../../../store/index.js'

/** `addToCart` and `add_to_cart` as words. */
export function wordsOf(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .trim()
    .toLowerCase()
  return words === '' ? 'An action' : words.charAt(0).toUpperCase() + words.slice(1)
}

export const outcomeOf: Record<ToolCall['status'], string> = {
  running: '…',
  completed: '',
  failed: ': it did not work',
  cancelled: ': stopped',
}

/** What an error's own message says to those who run the app, for those who use it. */
export const plainWords: Partial<Record<VoiceErrorCode, string>> = {
  'token-malformed': "Couldn't connect. Your conversation is kept.",
  'relay-refused': "The call can't get through from this network right now. Your conversation is kept.",
  'relay-unreachable': "The call can't get through from this network right now. Your conversation is kept.",
}

export const attemptOf = (attempt: number, maxAttempts: number | null) =>
  maxAttempts === null ? `attempt ${attempt}` : `attempt ${attempt} of ${maxAttempts}`
