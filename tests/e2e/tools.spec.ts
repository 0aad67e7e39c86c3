import { expect, test } from './fixtures.js'

test("what the agent is asked to do with the cart happens as the shop's own actions", async ({
  page,
  assistant,
}) => {
  await assistant.start()
  await assistant.muteButton.click()

  await assistant.say('Please add two Jade Sencha to my cart')
  await expect(page.getByRole('link', { name: 'Cart 2 items' })).toBeVisible()
  await assistant.hasSaid('2 times Jade Sencha, done.')
  const call = assistant.log.locator('[data-role="tool"]')
  await expect(call).toHaveAttribute('data-status', 'final')

  // More than the shop allows: the tool refuses, the agent says so, and the cart stays what it is.
  await assistant.say('Add 19 Jade Sencha')
  await assistant.hasSaid('More than 20 of one product cannot be ordered here.')
  await expect(page.getByRole('link', { name: 'Cart 2 items' })).toBeVisible()

  // Neither the restored conversation nor the resumed agent does it again.
  await page.reload()
  await assistant.isConnected()
  await expect(call).toHaveCount(2)
  await assistant.say('Remove the Jade Sencha from my cart')
  await assistant.hasSaid('The Jade Sencha is out of your cart again.')
  await expect(page.getByRole('link', { name: 'Cart 0 items' })).toBeVisible()
})
