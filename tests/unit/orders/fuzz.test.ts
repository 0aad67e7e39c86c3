import fc from 'fast-check'
import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { countingTokens, type Page, rest, setUp, storageThrough } from './support.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval'] }))
afterEach(() => void vi.useRealTimers())

/** Operations of the user, the app, the agent and the network. `pick` chooses a known session. */
const operations: Record<string, (page: Page, pick: () => string | undefined) => unknown> = {
  connect: ({ agent }) => agent.connect(),
  disconnect: ({ agent }) => agent.disconnect(),
  newSession: ({ agent }) => agent.newSession(),
  reset: ({ agent }) => agent.reset(),
  logOut: (page) => page.logOut(),
  createSession: ({ sessionManager }) => sessionManager.createSession(),
  restoreSession: ({ sessionManager }, pick) => sessionManager.restoreSession(pick()),
  deleteSession: ({ sessionManager }, pick) => sessionManager.deleteSession(pick() ?? 'none'),
  restoreRequested: ({ store, actions }, pick) =>
    void store.dispatch(actions.restoreRequested({ sessionId: pick() ?? null })),
  sendText: ({ agent }) => agent.sendText('typed'),
  retry: ({ agent }) => agent.retry(),
  interrupt: ({ agent }) => agent.interrupt(),
  lost: ({ transport }) => transport.emit({ type: 'connectionState', state: 'closed' }),
  silent: ({ transport }) => transport.emit({ type: 'connectionState', state: 'disconnected' }),
  left: ({ transport }) => transport.emit({ type: 'agentLeft' }),
  heard: ({ transport }) => transport.emit({ type: 'userTranscriptReceived', text: 'heard', final: true }),
}

interface Step {
  operation: string
  session: number
  /** Number of external responses delivered before the next step, and the time that passes. */
  answers: number
  ms: number
}

const steps = fc.array(
  fc.record<Step>({
    operation: fc.constantFrom(...Object.keys(operations)),
    session: fc.nat(5),
    answers: fc.nat(3),
    ms: fc.constantFrom(0, 0, 1, 5, 500),
  }),
  { minLength: 5, maxLength: 25 },
)

/** Runs the steps. The scheduler chooses the order of all responses from the storage, the server and the agent. */
async function play(scheduler: fc.Scheduler, plan: Step[], failures: boolean[]) {
  const pass = <T>(answer: Promise<T>) => scheduler.schedule(answer)
  let attempt = 0
  const tokens = countingTokens()
  const page = setUp(
    async () => {
      const isRefused = failures[attempt++ % failures.length]
      await pass(Promise.resolve())
      if (isRefused) throw new VoiceAgentError('agent-unreachable')
      return 'fresh' as const
    },
    {
      persistence: { storage: storageThrough(memoryStorage('tab'), pass), debounceMs: 0 },
      autoReconnect: 'always',
      reconnect: ({ attempt: number }) => (number > 2 ? null : 2),
      refreshToken: (request) => pass(tokens(request)),
    },
  )

  /** Delivers responses and lets time pass until nothing was requested for 20 s. */
  async function settle() {
    let quiet = 0
    for (let round = 0; quiet < 4; round++) {
      if (round > 200) throw new Error('It does not settle.')
      await rest(2)
      quiet = scheduler.count() === 0 ? quiet + 1 : 0
      if (scheduler.count() > 0) await scheduler.waitNext(scheduler.count())
      else await vi.advanceTimersByTimeAsync(5_000)
    }
  }

  const seen: string[] = []
  const asked: string[] = []
  const answered: string[] = []
  let mostOpen = 0
  page.store.subscribe(() => {
    mostOpen = Math.max(mostOpen, page.transport.open)
  })
  for (const { operation, session, answers: count, ms } of plan) {
    const { id } = page.state().session
    if (id !== null && !seen.includes(id)) seen.push(id)
    const run = operations[operation]
    const pick = () => seen[session % Math.max(seen.length, 1)]
    const note = () => void answered.push(operation)
    asked.push(operation)
    void (async () => run?.(page, pick))().then(note, note)
    for (let step = 0; step < count && scheduler.count() > 0; step++) await scheduler.waitNext(1)
    await vi.advanceTimersByTimeAsync(ms)
  }
  await settle()
  return { page, asked, answered, mostOpen, settle }
}

it('whatever happens in whatever order, at rest the state and the transport agree, and each request has settled', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      steps,
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      async (scheduler, plan, failures) => {
        const { page, asked, answered, mostOpen, settle } = await play(scheduler, plan, failures)
        try {
          const { status } = page.state().connection
          expect(['connecting', 'reconnecting']).not.toContain(status)
          expect({ status, open: page.transport.open }).toEqual({
            status,
            open: status === 'connected' ? 1 : 0,
          })
          expect(mostOpen).toBeLessThanOrEqual(1)
          expect(answered.sort()).toEqual(asked.sort())
          // A typed turn was sent to the agent, or is shown as not sent.
          const sent = page.transport.sent.flatMap((message) => (message.type === 'text' ? [message.id] : []))
          expect(new Set(sent).size).toBe(sent.length)
          for (const message of page.voiceAgent.selectors.selectMessages(page.store.getState())) {
            if (message.text === 'typed' && !sent.includes(message.id))
              expect(message).toMatchObject({ isUnsent: true })
          }
          // It can always be ended.
          const ended = page.agent.disconnect()
          await settle()
          await ended
          expect(page.transport.open).toBe(0)
          expect(page.state().connection.status).not.toBe('connected')
        } finally {
          const disposed = page.voiceAgent.dispose()
          await settle()
          await disposed
        }
      },
    ),
    // The remaining time is used for shrinking.
    { seed: 17, numRuns: 40, interruptAfterTimeLimit: 30_000 },
  )
}, 60_000)
