import type { Page } from '@playwright/test'
import { withSilentMicrophone } from '../support/microphones.js'
import { freePort } from '../support/processes.js'
import { createVoiceServer } from '../support/voice-server.js'
import {
  conversationRecords,
  expect,
  openApp,
  ready,
  say,
  sayAndSave,
  sessionOf,
  test,
  textsOf,
} from './support.js'

declare global {
  interface Window {
    /** Names of the page's effects so far, in order. */
    effects: string[]
    /** The history as DevTools exports it. */
    exported: object
  }
}

test.use({ launchOptions: withSilentMicrophone() })

/** Records calls that leave the store, and lets them through. */
const watchEffects = (page: Page) =>
  page.addInitScript(() => {
    window.effects = []
    const watch = (target: object, name: string) => {
      const original = Reflect.get(target, name)
      Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
        const method = name === 'fetch' ? ` ${(args[1] as RequestInit | undefined)?.method}` : ''
        window.effects.push(name + method)
        return Reflect.apply(original, this, args)
      })
    }
    watch(MediaDevices.prototype, 'getUserMedia')
    watch(window, 'fetch')
    for (const name of ['setItem', 'removeItem', 'clear']) watch(Storage.prototype, name)
    for (const name of ['put', 'add', 'delete', 'clear']) watch(IDBObjectStore.prototype, name)
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        window.effects.push('RTCPeerConnection')
      }
    }
  })

/** DevTools actions by name. Each shows a state other than the present one. */
const travels = ['jump', 'toggle', 'lock', 'import', 'reset'] as const

function travel(page: Page, how: (typeof travels)[number]) {
  return page.evaluate((name) => {
    const { store, ...devTools } = window.app.devTools
    const { nextActionId } = store.getState()
    const actions = {
      jump: () => devTools.jumpToState(1),
      toggle: () => devTools.toggleAction(nextActionId - 1),
      lock: () => devTools.lockChanges(true),
      import: () => devTools.importState(window.exported as Parameters<typeof devTools.importState>[0]),
      reset: () => devTools.reset(),
    }
    store.dispatch(actions[name]())
  }, how)
}

const exportHistory = (page: Page) =>
  page.evaluate(() => {
    window.exported = structuredClone(window.app.devTools.store.getState())
  })

test('time travel within the debounce window saves the present, and nothing else happens', async ({
  page,
  site,
}) => {
  await watchEffects(page)
  await openApp(page, `${site}?devtools&debounce=60000&maxWait=60000`)
  const said: string[] = []
  for (const how of travels) {
    await exportHistory(page)
    await sayAndSave(page, `saved before ${how}`)
    await say(page, `unsaved at ${how}`)
    said.push(`saved before ${how}`, `unsaved at ${how}`)
    const { id, revision } = await sessionOf(page)
    await travel(page, how)
    // Saves without waiting for the debounce.
    await page.evaluate(() => window.app.save())
    const saved = await conversationRecords(page)
    expect(JSON.parse(saved[`session/${id}/head`] ?? '{}')).toMatchObject({ revision })

    const [effects, calls] = await page.evaluate(() => [[...window.effects], window.app.calls()] as const)
    for (const another of travels) await travel(page, another)
    await page.evaluate(() => window.app.save())
    expect(await page.evaluate(() => [window.effects, window.app.calls()])).toEqual([effects, calls])
    expect(await conversationRecords(page)).toEqual(saved)

    await page.reload()
    expect(await ready(page)).toMatchObject({ conversation: 'restored' })
    expect(await textsOf(page)).toEqual(said)
  }
})

test('time travel during a real call requests no microphone, connection or server', async ({
  page,
  site,
}) => {
  const port = await freePort()
  const server = createVoiceServer(port)
  await server.start()
  try {
    await page.route('**/api/voice-agent/**', (route) => {
      const url = new URL(route.request().url())
      url.port = String(port)
      return route.continue({ url: url.href })
    })
    await watchEffects(page)
    await openApp(page, `${site}?devtools&call=real`)
    await expect.poll(() => page.evaluate(() => window.app.connection().microphone)).toBe('live')
    const outwards = () =>
      page.evaluate(() =>
        // The connection's candidates may follow at any time, by PATCH.
        window.effects.filter((name) => ['getUserMedia', 'RTCPeerConnection', 'fetch POST'].includes(name)),
      )
    const before = await outwards()
    expect(before).toEqual(expect.arrayContaining(['getUserMedia', 'RTCPeerConnection', 'fetch POST']))
    await exportHistory(page)
    for (const how of travels) await travel(page, how)
    await page.evaluate(() => window.app.save())
    expect(await outwards()).toEqual(before)
  } finally {
    await server.stop()
  }
})
