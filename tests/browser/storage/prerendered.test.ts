import { expect, test, vi } from 'vitest'
import { openPage, openTalkingTab } from './voice-app.js'

/** Makes this document look prerendered, until the returned function activates it. */
function prerender(): () => void {
  Object.defineProperty(document, 'prerendering', { configurable: true, value: true })
  return () => {
    Reflect.deleteProperty(document, 'prerendering')
    document.dispatchEvent(new Event('prerenderingchange'))
  }
}

test('a prerendered page leaves the session of its tab alone until it is activated, and then restores it', async () => {
  const databaseName = `prerendered-${crypto.randomUUID()}`
  const shown = await openTalkingTab({ databaseName })
  await shown.voiceAgent.dispose()
  const entries = { ...sessionStorage }
  const requests = [vi.spyOn(navigator.locks, 'request'), vi.spyOn(indexedDB, 'open')]

  const activate = prerender()
  const next = openPage({ databaseName })
  const restored = next.sessionManager.initialize()
  await import('../../../src/lib/voice-agent/agent/runtime-chunk.js')
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve))
  expect(requests.map(({ mock }) => mock.calls)).toEqual([[], []])
  expect({ ...sessionStorage }).toEqual(entries)
  expect(next.state().session.restore.phase).toBe('idle')

  activate()
  expect(await restored).toMatchObject({ conversation: 'restored' })
  expect(next.state().session).toMatchObject({ id: shown.id, storage: 'persistent' })
  expect(next.texts()).toEqual(['before'])
})
