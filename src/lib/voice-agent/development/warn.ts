import { asVoiceAgentError, errorDocs, VoiceAgentError } from '../../../../store/index.js'
import { errorGuide } from './error-guide.js'

/** Names of errors from the engine or the browser: their messages describe code, and contain nothing that was said. */
const safeNames = ['TypeError', 'ReferenceError', 'RangeError']

function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause
  const isSafe = safeNames.includes(cause.name) || cause instanceof DOMException
  // The first line of a stack repeats the message.
  const place = cause.stack?.split('\n').find((line) => line.trim().startsWith('at ')) ?? ''
  if (!(cause instanceof VoiceAgentError))
    return [isSafe ? `${cause.name}: ${cause.message}` : cause.name, place.trim()].filter(Boolean).join(' ')
  const { code, message } = cause
  const own = message.includes(errorDocs) ? code : `${code}: ${message.replace(/\.$/, '')}`
  return cause.cause === undefined ? own : `${own}, because of ${describeCause(cause.cause)}`
}

/** Returns the error at the root of a chain of the package's own errors; undefined if nothing else has caused it. */
function rootOf({ cause }: VoiceAgentError): unknown {
  return cause instanceof VoiceAgentError ? rootOf(cause) : cause
}

/** Prints each cause once. */
export function print(told: Set<string>, text: string): void {
  if (told.has(text)) return
  told.add(text)
  // biome-ignore lint/suspicious/noConsole: the one place where a developer sees what went wrong.
  console.warn(text)
}

/**
 * Reports an error on the console: its code, what was expected and what came, the cause, and the page about it. The report has no token,
 * and nothing that was said.
 *
 * @param told Warnings that were printed before. Each is printed once.
 */
export function warnOfError(told: Set<string>, thrown: unknown): void {
  const error = asVoiceAgentError(thrown)
  const { code, message, cause } = error
  const guide = errorGuide[code]
  // The developer can do nothing about it, unless something else has caused it.
  if (guide.for === 'user' && rootOf(error) === undefined) return
  const hasDetail = !message.includes(errorDocs)
  const because = cause === undefined ? '' : ` Cause: ${describeCause(cause)}.`
  const detail = hasDetail ? message : guide.meaning
  print(told, `[redux-voice-agent] ${code}: ${detail}${because} See ${errorDocs}#${code}.`)
}
