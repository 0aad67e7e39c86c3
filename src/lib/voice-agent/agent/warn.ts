import { VoiceAgentError, type VoiceErrorCode } from '../../../../store/index.js'

declare const process: { env: { NODE_ENV?: string } }

const troubleshooting = 'docs/guides/troubleshooting.md'

/** Codes of errors that only a mistake in the app's code can cause. */
const mistakes: readonly VoiceErrorCode[] = ['invalid-option', 'token-malformed']

/** Names of errors from the engine or the browser: their messages describe code, and contain nothing that was said. */
const safeNames = ['TypeError', 'ReferenceError', 'RangeError']

function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause
  const isSafe =
    cause instanceof VoiceAgentError || safeNames.includes(cause.name) || cause instanceof DOMException
  // The first line of a stack repeats the message.
  const place = cause.stack?.split('\n').find((line) => line.trim().startsWith('at ')) ?? ''
  return [isSafe ? `${cause.name}: ${cause.message}` : cause.name, place.trim()].filter(Boolean).join(' ')
}

/** Reads NODE_ENV, which bundlers replace. Without a bundler and without a process, this is development. */
function isProduction(): boolean {
  try {
    return process.env.NODE_ENV === 'production'
  } catch {
    return false
  }
}

/** Reports an error on the console, in development only, without a token or anything that was said. */
export function warnInDevelopment(error: unknown): void {
  if (isProduction()) return
  const { code, message, cause } =
    error instanceof VoiceAgentError ? error : new VoiceAgentError('internal', undefined, { cause: error })
  let root: unknown = cause
  while (root instanceof VoiceAgentError) root = root.cause
  // An outage of the network or of the agent has no other cause, so that the developer can do nothing about it.
  if (root === undefined && !mistakes.includes(code)) return
  const because = cause === undefined ? '' : ` Cause: ${describeCause(cause)}.`
  // biome-ignore lint/suspicious/noConsole: the one place where a developer sees what was thrown.
  console.warn(`[redux-voice-agent] ${code}: ${message}${because} See ${troubleshooting}.`)
}
