import * as v from 'valibot'
import { expect, it, vi } from 'vitest'
import { setUp } from '../middleware/support.js'

/** Things that an app may do in reaction to an action while the agent is still handling it. */

it('a text sent in reaction to the end of a call is rejected, and not sent', async () => {
  const slow = { description: 'Takes its time.', parameters: v.unknown(), run: () => new Promise(() => {}) }
  const { transport, agent, store, state, voiceAgent } = setUp(undefined, { tools: { slow } })
  await agent.connect()
  transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'slow', arguments: {} })
  const stop = store.subscribe(() => {
    const [toolMessage] = voiceAgent.selectors.selectMessages(store.getState())
    if (toolMessage?.tool?.status === 'running') return
    stop()
    agent.sendText('Are you there?')
  })
  transport.emit({ type: 'agentLeft' })
  await vi.waitFor(() => expect(state().connection.status).toBe('disconnected'))
  expect(transport.sent).toEqual([])
  await vi.waitFor(() => expect(state().connection.error).toMatchObject({ code: 'not-connected' }))
  expect(voiceAgent.selectors.selectMessages(store.getState())).toMatchObject([{ role: 'tool' }])
})

it('a call that is started after one was given up reconnects nothing', async () => {
  let isDown = false
  const { transport, agent, state } = setUp(() => {
    if (isDown) throw new Error('The server is down.')
    return 'fresh'
  })
  const onReconnecting = vi.fn()
  const onReconnected = vi.fn()
  agent.on('reconnecting', onReconnecting)
  agent.on('reconnected', onReconnected)
  await agent.connect()
  isDown = true
  transport.emit({ type: 'connectionState', state: 'closed' })
  await vi.waitFor(() => expect(state().connection.status).toBe('failed'))
  isDown = false
  await agent.connect()
  expect(onReconnecting).toHaveBeenCalled()
  expect(onReconnected).not.toHaveBeenCalled()
})
