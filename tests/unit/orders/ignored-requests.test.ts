import { memoryStorage } from 'redux-voice-agent/testing'
import { describe, expect, it } from 'vitest'
import { answerOf, captureUncaught, idOf, leaveTwoSessions, type Page, rest, setUp } from './support.js'

const commands: [string, (page: Page) => Promise<unknown>][] = [
  ['connect()', ({ agent }) => agent.connect()],
  ['disconnect()', ({ agent }) => agent.disconnect()],
  ['newSession()', ({ agent }) => agent.newSession()],
  ['reset()', ({ agent }) => agent.reset()],
  ['setConsent()', ({ agent }) => agent.setConsent(false)],
  ['resumePlayback()', ({ agent }) => agent.resumePlayback()],
  ['switchTransport()', ({ agent, transport }) => agent.switchTransport(transport)],
  ['initialize()', ({ sessionManager }) => sessionManager.initialize()],
  ['createSession()', ({ sessionManager }) => sessionManager.createSession()],
  ['restoreSession()', ({ sessionManager }) => sessionManager.restoreSession('s')],
  ['deleteSession()', ({ sessionManager }) => sessionManager.deleteSession('s')],
  ['renameSession()', ({ sessionManager }) => sessionManager.renameSession('s', 'Tea')],
  ['eraseAll()', ({ sessionManager }) => sessionManager.eraseAll()],
  ['loadEarlierMessages()', ({ agent }) => agent.loadEarlierMessages()],
  ['checkCall()', ({ agent }) => agent.checkCall()],
  ['diagnose()', ({ agent }) => agent.diagnose()],
  ['listSessions()', ({ sessionManager }) => sessionManager.listSessions()],
  ['cleanup()', ({ sessionManager }) => sessionManager.cleanup()],
  ['check()', ({ sessionManager }) => sessionManager.check()],
  ['search()', ({ sessionManager }) => sessionManager.search('tea')],
  ['storageUsage()', ({ sessionManager }) => sessionManager.storageUsage()],
  ['flush()', ({ voiceAgent }) => voiceAgent.persistor.flush()],
  ['purge()', ({ voiceAgent }) => Promise.resolve(voiceAgent.persistor.purge())],
]

describe.each(['before the runtime is loaded', 'without a call', 'during a call'])('%s', (moment) => {
  it.each(commands)('an ignored %s followed by dispose() is no unhandled rejection', async (_name, run) => {
    const uncaught = captureUncaught()
    const page = setUp(undefined, { persistence: { storage: memoryStorage('tab') } })
    if (moment !== 'before the runtime is loaded') await page.sessionManager.initialize()
    if (moment === 'during a call') await page.agent.connect()
    void run(page)
    await page.voiceAgent.dispose()
    await rest()
    expect(uncaught).toEqual([])
  })
})

it.each(['during the call', 'before the runtime is loaded'])(
  'disconnect() followed by dispose() %s resolves, and the next page does not reconnect',
  async (moment) => {
    const { storage, last } = await leaveTwoSessions()
    const options = { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' as const }
    const page = setUp(undefined, options)
    if (moment === 'during the call') {
      await page.sessionManager.initialize()
      expect(page.transport.open).toBe(1)
    }
    const ended = answerOf(page.agent.disconnect())
    const disposed = page.voiceAgent.dispose()
    expect(await ended).toBe('resolved')
    await disposed
    const next = setUp(undefined, options)
    await next.sessionManager.initialize()
    expect([idOf(next), next.transport.open]).toEqual([last, 0])
  },
)
