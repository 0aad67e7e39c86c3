import { configureStore, type UnknownAction } from '@reduxjs/toolkit'
import { memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { describe, expect, it, vi } from 'vitest'
import type { CallIntent } from '../../../middleware/drivers/storage/ports.js'
import { createAgentCore } from '../../../src/lib/voice-agent/agent/agent-core.js'
import { WebRTCVoiceAgent } from '../../../src/lib/voice-agent/webrtc/main.js'
import { answerOf, deferred, leaveTwoSessions, type Page, rest, setUp } from './support.js'

const open = (storage: VoiceStorage) =>
  setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })

async function shownBy(page: Page) {
  await page.sessionManager.initialize()
  return { id: page.state().session.id, calls: page.transport.open }
}

describe.each<[string, (page: Page) => Promise<unknown>]>([
  ['disconnect()', ({ agent }) => agent.disconnect()],
  ['newSession()', ({ agent }) => agent.newSession()],
  ['reset()', ({ agent }) => agent.reset()],
])('%s before the code is loaded', (name, ask) => {
  it.each(['a root reset', 'a root reset and dispose()'])('still holds after %s', async (later) => {
    const { storage, last } = await leaveTwoSessions()
    const shown = { id: name === 'disconnect()' ? last : null, calls: 0 }
    const page = open(storage)
    const asked = answerOf(ask(page))
    page.logOut()
    if (later === 'a root reset') expect(await shownBy(page)).toEqual(shown)
    await page.voiceAgent.dispose()
    expect(await asked).not.toBe('pending')
    expect(await shownBy(open(storage))).toEqual(shown)
  })

  it('starts no call that was requested after it, if the agent is disposed of', async () => {
    const { storage } = await leaveTwoSessions()
    const page = open(storage)
    const answers = [ask(page), page.agent.connect()].map((answer) => answerOf(answer))
    await page.voiceAgent.dispose()
    expect(await Promise.all(answers)).not.toContain('pending')
    await rest()
    expect([page.refreshToken.mock.calls, page.transport.requests]).toEqual([[], []])
  })
})

describe('a call that the previous page wanted is forgotten, although the agent is disposed of before its code has loaded, by', () => {
  /** A tab that stores the decision once it has its id, and only while its agent has it. */
  function tabOfStorage() {
    const storage = memoryStorage()
    const { tab } = storage
    tab.setCallIntent('wanted')
    let isReleased = false
    let intent: CallIntent | undefined
    const claim = async () => {
      const claimed = await tab.claim()
      if (intent !== undefined && !isReleased) tab.setCallIntent(intent)
      return claimed
    }
    const setCallIntent = (next: CallIntent) => {
      intent = next
    }
    const release = () => {
      isReleased = true
    }
    return { ...storage, tab: { ...tab, claim, setCallIntent, release } }
  }

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['newSession()', ({ agent }) => agent.newSession()],
    ['endSession()', ({ sessionManager }) => sessionManager.endSession()],
    ['reset()', ({ agent }) => agent.reset()],
  ])('%s', async (_, ask) => {
    const storage = tabOfStorage()
    const page = open(storage)
    void answerOf(ask(page))
    await page.voiceAgent.dispose()
    expect(storage.tab.callIntent()).toBeNull()
  })
})

describe('code that loads late', () => {
  /** An agent whose code loads when the test permits. */
  function loadLate() {
    const loads: ReturnType<typeof deferred<void>>[] = []
    const accepted: string[] = []
    const create = vi.fn(() => ({
      accept: ({ type }: UnknownAction) => void accepted.push(type.replace('voiceAgent/', '')),
      run() {},
      finish() {},
      async prepare() {},
      async dispose() {},
    }))
    const options = { apiEndpoint: '/x', persistence: { storage: memoryStorage('tab') } }
    const core = createAgentCore(options, async () => {
      const load = deferred()
      loads.push(load)
      await load.promise
      return create as never
    })
    const agent = new WebRTCVoiceAgent(options, core)
    configureStore({
      reducer: { voiceAgent: core.reducer },
      middleware: (getDefault) => getDefault().concat(core.middleware),
      devTools: false,
    })
    return { agent, core, loads, create, accepted }
  }

  it('does nothing after dispose() ended a call that was only requested', async () => {
    const { agent, core, loads, create } = loadLate()
    const connecting = answerOf(agent.connect())
    await core.dispose()
    expect(await connecting).toBe('disposed')
    loads[0]?.resolve()
    await rest()
    expect(create).not.toHaveBeenCalled()
  })

  it('ends the call after a failed load, too, which was to be restored', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { agent, core, loads, accepted } = loadLate()
    agent.sessionManager.initialize().catch(() => {})
    const ended = answerOf(agent.disconnect())
    loads[0]?.reject(new Error('The network is down.'))
    expect(await ended).toBe('chunk-load-failed')
    agent.prepare()
    loads[1]?.resolve()
    await vi.waitFor(() => expect(accepted).toEqual(['restoreRequested', 'disconnectRequested']))
    await core.dispose()
  })

  it.each([
    ['deleteSession()', (agent: WebRTCVoiceAgent) => agent.sessionManager.deleteSession('s1')],
    ['eraseAll()', (agent: WebRTCVoiceAgent) => agent.sessionManager.eraseAll()],
    ['setConsent()', (agent: WebRTCVoiceAgent) => agent.setConsent(false)],
  ])('%s that a failed load has rejected changes nothing later', async (_name, ask) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { agent, core, loads, accepted } = loadLate()
    agent.sessionManager.initialize().catch(() => {})
    const asked = answerOf(ask(agent))
    loads[0]?.reject(new Error('The network is down.'))
    expect(await asked).toBe('chunk-load-failed')
    agent.prepare()
    loads[1]?.resolve()
    await vi.waitFor(() => expect(accepted).toContain('restoreRequested'))
    expect(accepted).toEqual(['restoreRequested'])
    await core.dispose()
  })

  it('loads again for an End that a listener requested because it had failed', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { agent, core, loads, create } = loadLate()
    let ended: Promise<string> | undefined
    agent.on('error', () => {
      ended ??= answerOf(agent.disconnect())
    })
    const connecting = answerOf(agent.connect())
    loads[0]?.reject(new Error('The file is gone.'))
    expect(await connecting).toBe('chunk-load-failed')
    expect(ended).toBeDefined()
    const disposed = core.dispose()
    expect(loads).toHaveLength(2)
    loads[1]?.resolve()
    await disposed
    expect(create).toHaveBeenCalledOnce()
  })
})
