import { expect, test } from './fixtures.js'
import { withBeepingMicrophone } from './support/microphones.js'
import { countPeers, receivedEnergy } from './support/peers.js'

// The beeps are heard and answered until the test mutes the microphone.
test.use({ launchOptions: withBeepingMicrophone() })

test('the agent is audible, hears speech, and answers typed text word by word', async ({
  page,
  assistant,
}) => {
  await assistant.startButton.click()
  await assistant.isConnected()

  await assistant.streams(3)
  const energy = await receivedEnergy(page)
  await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(energy + 0.001)
  await expect(assistant.ofAgent('final').first()).toContainText('welcome to Kettle and Clay')

  // Chromium's fake microphone beeps.
  await expect(
    assistant.log
      .locator('[data-role="user"]')
      .filter({ hasText: /^Spoken, \d+\.\d s$/ })
      .first(),
  ).toBeVisible()
  await assistant.muteButton.click()
  await expect(assistant.muteButton).toHaveAttribute('aria-pressed', 'true')

  await assistant.say('How much is the Chalk Mug?')
  // Checked every frame: some words are there, and more are coming.
  await assistant.streams(4)
  await expect(assistant.articles.last()).toHaveAttribute('data-status', 'final')
  await assistant.hasSaid('24 euros 50')
})

test('StrictMode opens one call, and ending it closes the connection', async ({ page, assistant }) => {
  await assistant.start()
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })

  await assistant.endButton.click()
  await expect(assistant.connection).toHaveAttribute('data-state', 'disconnected')
  await expect(assistant.startButton).toBeVisible()
  await expect.poll(() => countPeers(page)).toEqual({ made: 1, live: 0 })
})

test('a call continues across client-side routes, and the agent knows the content of the cart', async ({
  page,
  assistant,
}) => {
  await assistant.start()
  await assistant.muteButton.click()
  const seenStates = await assistant.connection.evaluateHandle((element) => {
    const states = [element.getAttribute('data-state')]
    new MutationObserver(() => states.push(element.getAttribute('data-state'))).observe(element, {
      attributeFilter: ['data-state'],
    })
    return states
  })

  await page.getByRole('link', { name: 'River Kyusu' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'River Kyusu' })).toBeFocused()
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByRole('link', { name: 'Cart 1 item' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Your cart' })).toBeFocused()
  await assistant.say('What is in my cart?')
  await assistant.hasSaid('one River Kyusu')

  await page.getByRole('button', { name: 'Checkout' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Your orders' })).toBeFocused()
  await assistant.say('And what is in my cart now?')
  await assistant.hasSaid(/empty|nothing in your cart/)

  expect(await seenStates.jsonValue()).toEqual(['connected'])
  expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } })

  test("the assistant's sheet can be closed and reopened without ending the call", async ({
    page,
    assistant,
  }) => {
    const handle = page.getByRole('button', { name: 'Ask the shop' })
    await expect(assistant.startButton).toBeHidden()
    await handle.click()
    await assistant.start()

    await handle.click()
    await expect(assistant.startButton).toBeHidden()
    await expect(assistant.log).toBeHidden()
    await expect(page.getByRole('button', { name: 'Ask the shop On the line' })).toBeVisible()
    const energy = await receivedEnergy(page)
    await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(energy + 0.001)

    await handle.click()
    await expect(assistant.connection).toHaveAttribute('data-state', 'connected')
    expect(await countPeers(page)).toEqual({ made: 1, live: 1 })
  })
})
