/**
 * Finds tests whose result depends on the speed of the machine: waits that give up within ten seconds, and sleeps. Instead, wait for an
 * event, count what happens, or let a fake clock pass. Exceptions are listed with their reasons.
 */
import { checkLines, type LineExceptions } from './line-check.js'

const paths = [
  ...['tests/unit', 'tests/browser', 'tests/e2e', 'tests/interop', 'tests/session-persistence.test.ts'],
  'storybook/stories',
]

/** Milliseconds that a busy machine may need for anything. */
const leastMs = 10_000

const limits = [/\btimeout: ([\d_]+)/, /\bwait(?:For|Until)\(.*, ([\d_]{2,})\)/]
const sleep = /\bsetTimeout\(resolve, [1-9]/
/** Their tests of outages have lengths. */
const maySleep = /^tests\/(e2e|interop)\//

/** Lines that may have a short limit or sleep, by file. */
const exceptions: LineExceptions = {
  'storybook/stories/talk.stories.tsx': [{ line: /resolve, 300/, why: 'a press that is longer than a tap' }],
  'tests/browser/orders/microphone.test.ts': [{ line: /resolve, 50/, why: 'nothing more may happen' }],
  'tests/browser/react/focus.test.tsx': [{ line: /wanted, 2_000/, why: 'the button may have no effect' }],
  'tests/browser/storage/token-kept.test.ts': [{ line: /resolve, 50/, why: 'slows encryption down' }],
  'tests/browser/webrtc/call.test.ts': [
    { line: /resolve, (2_000|8_000)/, why: 'a silence, in which nothing may happen' },
    { line: /resolve, 2_500/, why: 'the agent must be heard for a while' },
  ],
  'tests/e2e/support/assistant.ts': [{ line: /timeout: (1_000|300) /, why: 'one of many attempts' }],
  'tests/interop/many-processes/redis-down.spec.ts': [
    { line: /timeout: 3_000/, why: 'one of many attempts' },
  ],
  'tests/unit/middleware/tool-effects.test.ts': [{ line: /resolve, 20/, why: 'nothing more may happen' }],
}

checkLines(
  paths,
  (line, file) => {
    const given = limits.flatMap((limit) => limit.exec(line)?.[1] ?? [])
    const isShort = given.some((text) => Number(text.replaceAll('_', '')) < leastMs)
    const isSleep = sleep.test(line) && !maySleep.test(file)
    return isShort || isSleep ? `a busy machine may be slower: ${line.trim()}` : null
  },
  exceptions,
)
