import type { Warning } from '../../../../middleware/warnings.js'
import { asVoiceAgentError, ERROR_DOCS, VoiceAgentError } from '../../../../store/index.js'
import { errorGuide } from './error-guide.js'
import { warningGuide } from './warning-guide.js'

/** Names of errors from the engine or the browser, whose messages describe code and contain no conversation text. */
const safeNames = ['TypeError', 'ReferenceError', 'RangeError']

function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause
  const isSafe = safeNames.includes(cause.name) || cause instanceof DOMException
  // The first line of a stack repeats the message.
  const place = cause.stack?.split('\n').find((line) => line.trim().startsWith('at ')) ?? ''
  if (!(cause instanceof VoiceAgentError))
    return [isSafe ? `${cause.name}: ${cause.message}` : cause.name, place.trim()].filter(Boolean).join(' ')
  const { code, message } = cause
  const text = message.includes(ERROR_DOCS) ? code : `${code}: ${message.replace(/\.$/, '')}`
  return cause.cause === undefined ? text : `${text}, because of ${describeCause(cause.cause)}`
}

/** Returns the foreign error at the root of a chain of the package's own errors; undefined if there is none. */
function rootOf({ cause }: VoiceAgentError): unknown {
  return cause instanceof VoiceAgentError ? rootOf(cause) : cause
}

/** Prints each cause once, with its remedies. */
function print(printed: Set<string>, code: string, problem: string, remedies: readonly string[]): void {
  const fixes = remedies.filter((remedy) => !remedy.startsWith('None'))
  const lines = [
    `[redux-voice-agent] ${code}: ${problem}`,
    ...(fixes.length > 0 ? [`To fix: ${fixes.join(' ')}`] : []),
    `See ${ERROR_DOCS}#${code}.`,
  ]
  const text = lines.join('\n')
  if (printed.has(text)) return
  printed.add(text)
  printed.add(code)
  // biome-ignore lint/suspicious/noConsole: the only place where developers see what went wrong.
  console.warn(text)
}

function reportError(printed: Set<string>, thrown: unknown): void {
  const error = asVoiceAgentError(thrown)
  const { code, message, cause } = error
  const guide = errorGuide[code]
  // The mistake is already known, and its place.
  if (code === 'not-mounted' && printed.has('reducer-elsewhere')) return
  // The developer can't do anything about it, unless a foreign error caused it.
  if (guide.for === 'user' && rootOf(error) === undefined) return
  const hasDetail = !message.includes(ERROR_DOCS)
  const because = cause === undefined ? '' : ` Cause: ${describeCause(cause)}.`
  const detail = hasDetail ? message : guide.meaning
  print(printed, code, `${detail}${because}`, guide.remedies)
}

const isWarning = (thrown: unknown): thrown is Warning =>
  typeof thrown === 'object' && thrown !== null && 'warning' in thrown

/**
 * Prints an error or a warning on the console: its code, what was expected and received, the cause, and the remedies. The text
 * contains no tokens or conversation text.
 *
 * @param printed Texts that were already printed, and their codes. Each text is printed once.
 */
export function report(printed: Set<string>, thrown: unknown): void {
  if (!isWarning(thrown)) {
    reportError(printed, thrown)
    return
  }
  const { warning, got } = thrown
  const { meaning, remedies } = warningGuide[warning]
  print(printed, warning, `${meaning} Got ${got}`, remedies)
}
