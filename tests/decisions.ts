/**
 * Finds reads of the store's state in the middleware and in the core. DevTools may show a past state, or the state may belong to another
 * user, so decisions use the live record and the present (docs/decisions/0011, 0012). Exceptions are listed with their reasons.
 */
import { checkLines, type LineExceptions } from './line-check.js'

const folders = ['middleware', 'src/lib']

/** Lines that may read the store, by file, with the reason. */
const exceptions: LineExceptions = {
  'middleware/index.ts': [
    { line: /wasInjected \|\|= /, why: 'whether the reducer is mounted' },
    { line: /createPresent\(/, why: 'the present follows the store' },
    { line: /getState: \(\) => /, why: "the app's tools, and the facade's store" },
    { line: /isEnding \} = /, why: 'End ends what is shown, too' },
    {
      line: /session\.revision\)$/,
      why: 'a state that DevTools kept across a reload belongs to another page',
    },
    { line: /^ {2}getState\(\): unknown$/, why: 'a type' },
    { line: /options\.on(Store|Foreign)\?\./, why: 'warnings during development' },
  ],
  'middleware/runtime.ts': [{ line: /store: \{ dispatch: unknown/, why: 'a type' }],
  'middleware/drivers/tools/driver.ts': [
    { line: /store: \{ dispatch: unknown/, why: 'a type' },
    { line: /getState: <State>\(\)/, why: "the app's tools" },
  ],
  'middleware/drivers/tools/ports.ts': [{ line: /getState/, why: "the app's tools" }],
  'src/lib/voice-agent/replay/replay.ts': [{ line: /store\.getState\(\)/, why: 'a recording' }],
  'src/lib/voice-agent/webrtc/main.ts': [{ line: /selectSessionStats/, why: 'figures for display' }],
}

checkLines(
  folders,
  (line) =>
    /\bgetState\s*(<\w+>)?\(/.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line)
      ? "don't decide by getState(): use the live record or the present."
      : null,
  exceptions,
)
