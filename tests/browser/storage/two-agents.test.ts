import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, vi } from 'vitest'
import { isWebKit } from './engine.js'
import { freshName } from './persisted-store.js'
import { openPage, openTalkingTab } from './voice-app.js'

function load() {
  const agents = (['shop', 'support'] as const).map((reducerPath) =>
    createVoiceAgent({
      apiEndpoint: '/api/voice-agent',
      reducerPath,
      transport: scriptedTransport(() => 'resumed'),
      refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: reducerPath }),
    }),
  )
  const [shop, support] = agents
  if (!shop || !support) throw new Error('There are two.')
  const store = configureStore({
    reducer: { shop: shop.reducer, support: support.reducer },
    middleware: (getDefault) => getDefault().concat(shop.middleware, support.middleware),
  })
  const texts = () =>
    [shop, support].map(({ selectors }) => selectors.selectMessages(store.getState()).map(({ text }) => text))
  const leave = () => Promise.all([shop.dispose(), support.dispose()])
  return { shop, support, texts, leave }
}

it.skipIf(isWebKit)(
  'two agents in one page each keep their own conversation, without configuration',
  async () => {
    const { shop, support, leave } = load()
    await Promise.all([shop.agent.connect(), support.agent.connect()])
    shop.agent.sendText('Two cups')
    support.agent.sendText('It is broken')
    await leave()

    const again = load()
    const outcomes = await Promise.all([
      again.shop.sessionManager.initialize(),
      again.support.sessionManager.initialize(),
    ])
    expect(again.texts()).toEqual([['Two cups'], ['It is broken']])
    expect(outcomes).toEqual([
      { conversation: 'restored', agent: 'resumed' },
      { conversation: 'restored', agent: 'resumed' },
    ])
    await again.leave()
  },
)

it('two agents with the same name in one page keep separate conversations, and a developer is warned once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const first = await openTalkingTab({ databaseName: freshName('same') }, 'first')
  const { databaseName } = first
  const second = openPage({ databaseName })
  await second.agent.connect()
  second.agent.sendText('second')
  await second.persistor.flush()
  const third = openPage({ databaseName })
  await third.sessionManager.initialize()
  const warnings = warn.mock.calls.filter(([text]) => String(text).includes(`'${databaseName}'`))
  expect(warnings).toHaveLength(1)
  expect(String(warnings[0])).toContain('shared-database')
  warn.mockRestore()
  for (const { voiceAgent } of [first, second, third]) await voiceAgent.dispose()

  const again = [openPage({ databaseName }), openPage({ databaseName })]
  for (const { sessionManager } of again)
    expect(await sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
  expect(again.map(({ texts }) => texts())).toEqual([['first'], ['second']])
})

it('a second agent with the same name starts fresh, and takes nothing from the first', async () => {
  const first = await openTalkingTab({ databaseName: freshName('beside') })
  const { databaseName } = first
  const second = openPage({ databaseName })
  expect(await second.sessionManager.initialize()).toMatchObject({ conversation: 'none' })
  await Promise.all([first.voiceAgent.dispose(), second.voiceAgent.dispose()])

  const next = openPage({ databaseName })
  expect(await next.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
  expect(next.texts()).toEqual(['before'])
})
