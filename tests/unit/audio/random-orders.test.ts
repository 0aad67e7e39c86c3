import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { CallMedia } from '../../../middleware/drivers/call/page-ports.js'
import { createAgentMedia } from '../../../src/lib/voice-agent/audio/call-media.js'
import type { MicrophoneState } from '../../../store/index.js'
import { settled, stubBrowser } from './stubs.js'

const device = fc.constantFrom(null, 'built-in', 'headset')
const step = fc.oneof(
  fc.record({ do: fc.constant('begin' as const), device, isMuted: fc.boolean() }),
  fc.record({ do: fc.constant('select' as const), device }),
  fc.record({ do: fc.constant('mute' as const), isMuted: fc.boolean() }),
  fc.record({ do: fc.constant('plug' as const), microphones: fc.subarray(['built-in', 'headset']) }),
  fc.record({
    do: fc.constant('permit' as const),
    permission: fc.constantFrom<PermissionState>('granted', 'prompt', 'denied'),
  }),
  fc.record({
    do: fc.constant('deny' as const),
    errorName: fc.constantFrom(
      'NotAllowedError',
      'NotFoundError',
      'OverconstrainedError',
      'NotReadableError',
    ),
  }),
  fc.record({ do: fc.constant('systemMute' as const), muted: fc.boolean() }),
  fc.record({ do: fc.constant('default' as const), device }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('open' as const), isAborted: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('grant' as const, 'settle' as const) }) },
  // Advances by one promise reaction, so that orders within a task are tried too.
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
  fc.record({ do: fc.constantFrom('retry' as const, 'end' as const, 'unplug' as const, 'arm' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** One browser with one agent, and its calls in any order. */
function createWorld(doesThrow: boolean) {
  const browser = stubBrowser()
  const media = createAgentMedia({})
  let call: CallMedia | null = null
  let isMuted = false
  let microphone: MicrophoneState = 'off'
  /** If true, the listener ends the call on the next report. */
  let isArmed = false
  let promptsAtEnd = 0
  const late: unknown[] = []

  function end() {
    call?.end()
    call = null
    promptsAtEnd = browser.prompts.length
  }

  function begin(microphoneId: string | null, startsMuted: boolean) {
    let isOver = false
    isMuted = startsMuted
    const onReport = (report: unknown) => {
      if (isOver) late.push(report)
      if (isArmed) {
        isArmed = false
        end()
      }
      if (doesThrow) throw new Error("the app's own")
    }
    const chosen = { microphoneId, speakerId: null, volume: 1, isMuted, talk: 'hands-free' as const }
    const own = media.begin(chosen, {
      onMicrophone(state) {
        microphone = state
        onReport(state)
      },
      onPlayback: onReport,
      onFallback: onReport,
    })
    call = {
      ...own,
      end() {
        own.end()
        isOver = true
      },
    }
  }

  const unanswered = () => browser.prompts.filter(({ isAnswered }) => !isAnswered)

  function run(next: Step): unknown {
    const [prompt] = unanswered()
    switch (next.do) {
      case 'begin':
        end()
        return begin(next.device, next.isMuted)
      case 'open': {
        const abort = new AbortController()
        const request = { dataChannel: null, signal: abort.signal, onMessage() {}, onState() {} }
        void call?.openPeer(request).catch(() => undefined)
        if (next.isAborted) abort.abort()
        return
      }
      case 'select':
        return void call?.selectMicrophone(next.device)
      case 'mute':
        if (call) isMuted = next.isMuted
        return call?.setMuted(next.isMuted)
      case 'plug':
        return browser.plug(next.microphones)
      case 'permit':
        browser.permission = next.permission
        return
      case 'deny':
        return prompt?.deny(next.errorName)
      case 'grant':
        return prompt?.grant()
      case 'retry':
        return void call?.retryMicrophone()
      case 'unplug':
        return browser.live()[0]?.unplug()
      case 'systemMute':
        return browser.live()[0]?.muteBySystem(next.muted)
      case 'default':
        browser.defaultMicrophone = next.device
        return browser.plug(browser.microphones)
      case 'arm':
        isArmed = true
        return
      case 'end':
        return end()
      case 'tick':
        return Promise.resolve()
      case 'settle':
        return settled().then(checkAtRest)
    }
  }

  /** Must hold after all promises have settled, whatever is still pending. */
  function checkAtRest() {
    const live = browser.live()
    const asked = unanswered().length
    const askedForEnded = browser.prompts
      .slice(0, promptsAtEnd)
      .filter(({ isAnswered }) => !isAnswered).length
    expect(late).toEqual([])
    expect(live.length).toBeLessThanOrEqual(call ? 1 : 0)
    expect(asked - askedForEnded).toBeLessThanOrEqual(call ? 1 : 0)
    if (live[0]) expect(live[0].enabled).toBe(!isMuted)
    if (asked === 0) {
      expect(microphone).not.toBe('prompting')
      expect(live.length === 1).toBe(['live', 'muted', 'muted-by-system'].includes(microphone))
      if (live[0]) expect(microphone).toBe(isMuted ? 'muted' : live[0].muted ? 'muted-by-system' : 'live')
    }
    if (call) return
    expect(microphone).toBe('off')
    expect(browser.connections.filter(({ connectionState }) => connectionState !== 'closed')).toEqual([])
  }

  return { browser, run, end, unanswered, checkAtRest }
}

it.each([
  ['that hears everything', false],
  ['that throws at everything', true],
])(
  'keeps at most one microphone per call, and none after it, in any order, with a listener %s',
  async (_name, doesThrow) => {
    // Receives the errors that the listener throws.
    if (doesThrow) vi.stubGlobal('queueMicrotask', () => {})
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { run, end, unanswered, checkAtRest } = createWorld(doesThrow)
        for (const next of steps) {
          const done = run(next)
          if (done instanceof Promise) await done
        }
        end()
        await settled()
        checkAtRest()
        for (const prompt of unanswered()) prompt.grant()
        await settled()
        checkAtRest()
        expect(unanswered()).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  },
  30_000,
)
