import { type ReactNode, useEffect } from 'react'
import { Provider } from 'react-redux'
import { VoiceAgentProvider } from 'redux-voice-agent/react'
import { expect, test, vi } from 'vitest'
import { render } from '../react/support.js'
import { createAgentServer, openOwner, openTab, type Tab } from './tabs.js'

/** Ends the task, with what an unmount does in the next one. */
const nextTask = () => new Promise((resolve) => setTimeout(resolve))

function Shown({ onShown }: { onShown: () => void }) {
  useEffect(onShown, [onShown])
  return null
}

/** Renders a tab's app. Returns a function that unmounts its provider. Both resolve in the task after the effects. */
async function mount({ store, voiceAgent }: Tab) {
  const view = render(null)
  const show = async (app: ReactNode) => {
    await new Promise<void>((resolve) =>
      view.render(
        <>
          {app}
          <Shown key={String(app === null)} onShown={resolve} />
        </>,
      ),
    )
    await nextTask()
  }
  await show(
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent}>App</VoiceAgentProvider>
    </Provider>,
  )
  return () => show(null)
}

test.each([true, false])(
  'a call that moves into a tab whose app is unmounted meanwhile does not stay on (handover: %s)',
  async (canHandOver) => {
    const server = createAgentServer({ canHandOver })
    const { owner, id, ...shared } = await openOwner({ server })
    const tab = await openTab('mirror', shared)
    await tab.mirror.follow(id)
    const unmount = await mount(tab)
    server.begin('t1', 'One sentence')
    const called = tab.agent.connect().catch(() => undefined)
    expect(tab.status()).toBe('moving')
    await unmount()
    server.end('t1')
    await called
    await vi.waitUntil(() => tab.status() === null && owner.status() === 'live')
    expect([tab.call(), owner.call()]).toEqual(['disconnected', 'disconnected'])
    expect(server.open).toBe(0)
  },
)

test('the call of another tab continues if an app that only shows it is unmounted', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  const unmount = await mount(tab)
  await unmount()
  expect([owner.call(), server.open]).toEqual(['connected', 1])
})

test('a call that has no session yet ends with the app, although another conversation is offered', async () => {
  const { server, id, ...shared } = await openOwner()
  let answer = () => {}
  const token = new Promise<void>((resolve) => {
    answer = resolve
  })
  const tab = await openTab('new', {
    ...shared,
    server,
    mirror: { offer: 'any' },
    options: {
      async refreshToken() {
        await token
        return { token: 't', expiresAt: Date.now() + 600_000, sessionId: crypto.randomUUID() }
      },
    },
  })
  await vi.waitUntil(() => tab.status() === 'offered')
  const unmount = await mount(tab)
  const called = tab.agent.connect().catch(() => undefined)
  await unmount()
  answer()
  await called
  expect([tab.call(), server.open]).toEqual(['disconnected', 1])
})

test('a tab whose app is unmounted does not continue a call on its own; once the app is back, the user can', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server, mirror: { whenOwnerGone: 'take-over' } })
  await tab.mirror.follow(id)
  const unmount = await mount(tab)
  await unmount()
  await owner.close()
  await vi.waitUntil(() => tab.status() === 'gone')
  await nextTask()
  expect([tab.status(), server.open]).toEqual(['gone', 0])
  await mount(tab)
  await tab.mirror.takeOver()
  await vi.waitUntil(() => tab.call() === 'connected')
})
