import { expect, test } from './fixtures.js'

test("the agent's cart operations run as the shop's own actions", async ({ page, assistant }) => {
  await assistant.start()
  await assistant.muteButton.click()

  await assistant.say('Please add two Jade Sencha to my cart')
  await expect(page.getByRole('link', { name: 'Cart 2 items' })).toBeVisible()
  await assistant.hasSaid('2 of the Jade Sencha, done.')
  const call = assistant.log.locator('[data-role="tool"]')
  await expect(call).toHaveAttribute('data-status', 'final')

  // More than the shop allows: the tool rejects it, the agent says so, and the cart stays unchanged.
  await assistant.say('Add 19 Jade Sencha')
  await assistant.hasSaid('More than 20 of one product cannot be ordered here.')
  await expect(page.getByRole('link', { name: 'Cart 2 items' })).toBeVisible()

  // Neither the restored conversation nor the resumed agent repeats it.
  await page.reload()
  await assistant.isConnected()
  await expect(call).toHaveCount(2)
  await assistant.say('Remove the Jade Sencha from my cart')
  await assistant.hasSaid('The Jade Sencha is out of your cart again.')
  await expect(page.getByRole('link', { name: 'Cart 0 items' })).toBeVisible()
})

test('the agent places an order only if the user approves it', async ({ page, assistant }) => {
  await assistant.start()
  await assistant.muteButton.click()
  await assistant.say('Please add two Jade Sencha to my cart')
  await assistant.hasSaid('2 of the Jade Sencha, done.')

  await assistant.say('Please place the order')
  await expect(
    page.getByRole('alert').filter({ hasText: 'Place order? The agent needs your approval.' }),
  ).toBeVisible()
  await page.getByRole('button', { name: 'Decline' }).click()
  await assistant.hasSaid('All right, I have ordered nothing.')
  await expect(page.getByRole('link', { name: 'Cart 2 items' })).toBeVisible()

  await assistant.say('Yes, send my order')
  await page.getByRole('button', { name: 'Approve' }).press('Enter')
  await assistant.hasSaid('Your order is placed.')
  await expect(page.getByRole('link', { name: 'Cart 0 items' })).toBeVisible()

  // A reload cancels a waiting call: it has not run, and says so.
  await assistant.say('Now add two more Jade Sencha')
  await expect(page.getByRole('link', { name: 'Cart 2 items' })).toBeVisible()
  await assistant.say('And complete the order, by card')
  await expect(page.getByRole('button', { name: 'Approve' })).toBeVisible()
  await page.reload()
  await assistant.isConnected()
  await expect(
    assistant.log.getByText('Place order: cancelled, because the page was reloaded before you decided'),
  ).toBeVisible()
  await expect(page.getByRole('button', { name: 'Approve' })).toHaveCount(0)
  await expect(page.getByRole('link', { name: 'Cart 2 items' })).toBeVisible()
})
