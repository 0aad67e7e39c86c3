import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.js'

declare global {
  interface Window {
    /** Messages that the page's data channels drop: the `typed` texts, or their `acknowledgements`. */
    channelFault: 'none' | 'typed' | 'acknowledgements'
    channelsUnderTest: RTCDataChannel[]
    /** Ids of the texts that were passed on, in order. */
    textsUnderTest: string[]
  }
}

/** Lets a test drop data channel messages, like a lost network that has not been noticed yet. */
test.beforeEach(async ({ context }) => {
  await context.addInitScript(() => {
    window.channelFault = 'none'
    window.channelsUnderTest = []
    window.textsUnderTest = []
    const { send } = RTCDataChannel.prototype
    RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string) {
      if (!window.channelsUnderTest.includes(this)) window.channelsUnderTest.push(this)
      if (typeof data === 'string' && data.includes('"send-text"')) {
        if (window.channelFault === 'typed') return
        window.textsUnderTest.push(JSON.parse(data).id)
      }
      send.call(this, data as never)
    } as typeof send
    const onmessage = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onmessage')
    Object.defineProperty(RTCDataChannel.prototype, 'onmessage', {
      ...onmessage,
      set(listener: ((event: MessageEvent) => void) | null) {
        const isLost = ({ data }: MessageEvent) =>
          window.channelFault === 'acknowledgements' && String(data).includes('"lastTextId"')
        onmessage?.set?.call(this, listener && ((event: MessageEvent) => isLost(event) || listener(event)))
      },
    })
  })
})

const breakChannel = (page: Page, fault: Window['channelFault']) =>
  page.evaluate((to) => {
    window.channelFault = to
  }, fault)

/** Closes the connection like a server does. */
const loseConnection = (page: Page) =>
  page.evaluate(() => {
    window.channelFault = 'none'
    const channel = window.channelsUnderTest.findLast(({ readyState }) => readyState === 'open')
    channel?.dispatchEvent(new Event('close'))
  })

const notSent = (page: Page) => page.locator('[data-rva-part=not-sent]')
const pending = (page: Page) => page.locator('[data-rva-part=pending]')
const textsSent = (page: Page) => page.evaluate(() => window.textsUnderTest)

const question = 'How much is the Chalk Mug?'

test('a text lost on a dead connection is resent to the resumed agent, and answered', async ({
  page,
  assistant,
}) => {
  await assistant.start()
  await breakChannel(page, 'typed')
  await assistant.say(question)
  await expect(pending(page)).toBeVisible()
  await loseConnection(page)
  await assistant.hasSaid('24 euros 50')
  await expect(pending(page)).toHaveCount(0)
  await expect(notSent(page)).toHaveCount(0)
  expect(await textsSent(page)).toHaveLength(1)
})

test('the same after a reload', async ({ page, assistant }) => {
  await assistant.start()
  await breakChannel(page, 'typed')
  await assistant.say(question)
  await page.reload()
  await assistant.isConnected()
  await assistant.hasSaid('24 euros 50')
  await expect(notSent(page)).toHaveCount(0)
  expect(await textsSent(page)).toHaveLength(1)
})

test('a text whose acknowledgement was lost is answered once', async ({ page, assistant }) => {
  await assistant.start()
  await breakChannel(page, 'acknowledgements')
  await assistant.say(question)
  await assistant.hasSaid('24 euros 50')
  await loseConnection(page)
  await expect(assistant.connection).toHaveAttribute('data-state', 'connected')
  await expect(pending(page)).toHaveCount(0)
  await assistant.say('What is in my cart?')
  await assistant.hasSaid(/empty|nothing in your cart/)
  expect(await textsSent(page)).toHaveLength(2)
  expect(await assistant.ofAgent('final').filter({ hasText: '24 euros 50' }).count()).toBeLessThanOrEqual(1)
})

test('Try again sends a text whose call ended, in a new call', async ({ page, assistant }) => {
  await assistant.start()
  await breakChannel(page, 'typed')
  await assistant.say(question)
  await assistant.endButton.click()
  await expect(notSent(page)).toBeVisible()
  await breakChannel(page, 'none')
  await page.getByRole('button', { name: `Try again: ${question}` }).click()
  await assistant.hasSaid('24 euros 50')
  await expect(notSent(page)).toHaveCount(0)
  expect(await textsSent(page)).toHaveLength(1)
})
