import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, vi } from 'vitest'
import { loadCall } from '../../../src/lib/voice-agent/agent/load-call.js'
import { createLazyCallMedia } from '../../../src/lib/voice-agent/audio/lazy-call-media.js'
import type { BrowserCallMedia } from '../../../src/lib/voice-agent/audio/old-call-media.js'
import { createLazyStorage } from '../../../src/lib/voice-agent/storage/lazy-storage.js'
import { setUp } from '../middleware/support.js'

/** What a browser rejects an `import()` with whose file it can't get. */
const notFetched = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))

/** The code of a call as it is loaded, unless a test says otherwise: Node never fails to. */
vi.mock('../../../src/lib/voice-agent/agent/load-call.js', async (importOriginal) => {
  const module = await importOriginal<typeof import('../../../src/lib/voice-agent/agent/load-call.js')>()
  return { ...module, loadCall: vi.fn(module.loadCall) }
})

it('says that the code of a call could not be loaded, and loads it with the next call', async () => {
  vi.mocked(loadCall).mockImplementationOnce(notFetched)
  const { agent, state, transport } = setUp()
  await expect(agent.connect()).rejects.toMatchObject({ code: 'chunk-load-failed', recoverable: true })
  expect(state().connection).toMatchObject({ status: 'failed', error: { code: 'chunk-load-failed' } })
  await agent.connect()
  expect(state().connection.status).toBe('connected')
  agent.sendText('Hello')
  expect(transport.sent).toMatchObject([{ type: 'text', text: 'Hello' }])
})

it('makes no connection by code that comes after its call was ended', async () => {
  let arrive: () => void = () => {}
  const transport = scriptedTransport()
  const code = await loadCall(createLazyCallMedia({}), transport)
  const late = new Promise<typeof code>((resolve) => (arrive = () => resolve(code)))
  vi.mocked(loadCall).mockReturnValueOnce(late).mockResolvedValueOnce(code)
  const { agent, state } = setUp()
  const connecting = agent.connect()
  await vi.waitFor(() => expect(state().connection.status).toBe('connecting'))
  await agent.disconnect()
  await expect(connecting).rejects.toMatchObject({ code: 'not-connected' })
  arrive()
  await agent.connect()
  expect(transport.requests).toHaveLength(1)
})

/** A stand-in for the page's media, which Node has none of: it notes what it is told. */
function notedMedia() {
  const told: unknown[] = []
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void told.push([name, ...args])
  const levels = {
    get: () => 0.5,
    // As the real ones: who subscribes is told of what changes from then on.
    subscribe: () => note('unsubscribed'),
  }
  const media = {
    devices: { get: () => ({ microphones: [] }), subscribe: levels.subscribe, refresh: async () => {} },
    level: () => levels,
    setMuted: note('setMuted'),
    close: note('close'),
  } as unknown as BrowserCallMedia
  return { told, load: async () => ({ createCallMedia: () => media }) }
}
it('mutes the media when they are loaded, for its call only', async () => {
  const { told, load } = notedMedia()
  const media = createLazyCallMedia({}, load)
  media.setMuted(true)
  expect(told).toEqual([])
  await media.load()
  expect(told).toEqual([['setMuted', true]])
  const ended = createLazyCallMedia({}, load)
  ended.setMuted(true)
  ended.close()
  await ended.load()
  expect(told).toHaveLength(1)
  ended.setMuted(true)
  expect(told).toHaveLength(2)
})

it('tells those who look at the devices or listen to a level before the media are loaded', async () => {
  const { told, load } = notedMedia()
  const importing = vi.fn(load)
  const media = createLazyCallMedia({}, importing)
  const onLevel = vi.fn()
  const stop = media.level('agent').subscribe(onLevel)
  expect(media.level('agent').get()).toBe(0)
  expect(importing).not.toHaveBeenCalled()
  const onDevices = vi.fn()
  media.devices.subscribe(onDevices)
  await vi.waitFor(() => expect(onDevices).toHaveBeenCalled())
  expect(onLevel).toHaveBeenCalledTimes(1)
  expect(media.level('agent').get()).toBe(0.5)
  stop()
  expect(told).toEqual([['unsubscribed']])
})

it('loads the media again after a failure, and makes them once', async () => {
  const { load } = notedMedia()
  const importing = vi.fn(load).mockImplementationOnce(notFetched)
  const media = createLazyCallMedia({}, importing)
  await expect(media.load()).rejects.toMatchObject({ code: 'chunk-load-failed' })
  const [one, other] = await Promise.all([media.load(), media.load()])
  expect(one).toBe(other)
  expect(importing).toHaveBeenCalledTimes(2)
})

it('goes on in memory when the storage could not be loaded, and says so', async () => {
  const { records, tokens, tab } = createLazyStorage({}, notFetched)
  const statuses: unknown[] = []
  await records.open((status, error) => statuses.push([status, error?.code]))
  expect(statuses).toEqual([['memory', 'storage-unavailable']])
  expect(await tab.claim()).toMatchObject({ isDuplicate: false })
  await tokens.save('s1', { token: 't', expiresAt: 1, sessionId: 's1' })
  expect(await records.list()).toEqual([])
})
