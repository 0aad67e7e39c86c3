import { databaseName, expect, openApp, ready, sayAndSave, sessionOf, test, textsOf } from './support.js'

test('a tab and the one it opened, with a copy of sessionStorage, have separate sessions, and both keep writing', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'first 0')
  const copied = context.waitForEvent('page')
  await page.evaluate(() => void window.open(location.href))
  const copy = await copied
  expect(await ready(copy)).toMatchObject({ conversation: 'none' })
  expect(await sessionOf(copy)).toMatchObject({ restore: { reason: 'duplicated-tab' } })
  await copy.evaluate(() => window.app.connect())
  for (let count = 1; count <= 5; count++) {
    await sayAndSave(page, `first ${count}`)
    await sayAndSave(copy, `second ${count}`)
  }
  const ids = [(await sessionOf(page)).id, (await sessionOf(copy)).id]
  expect(new Set(ids).size).toBe(2)

  for (const [tab, id, texts] of [
    [page, ids[0], [0, 1, 2, 3, 4, 5].map((count) => `first ${count}`)],
    [copy, ids[1], [1, 2, 3, 4, 5].map((count) => `second ${count}`)],
  ] as const) {
    await tab.reload()
    await ready(tab)
    expect(await textsOf(tab)).toEqual(texts)
    expect(await sessionOf(tab)).toMatchObject({ id, storage: 'persistent', error: null })
  }
})

test('fifteen reloads in a row are never mistaken for a duplicate @slow', async ({ page, site }) => {
  await openApp(page, site)
  await sayAndSave(page, 'Hello')
  const { id, tabId } = await sessionOf(page)
  for (let reload = 0; reload < 15; reload++) {
    await page.reload()
    expect(await ready(page)).toMatchObject({ conversation: 'restored' })
    expect(await sessionOf(page)).toMatchObject({ id, tabId })
  }
})

test('locks held by a tab that never responds do not keep a tab from its conversation', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'Hello')
  const { id, tabId } = await sessionOf(page)
  await page.goto(`${site}?empty`)
  const holder = await context.newPage()
  await holder.goto(`${site}?empty`)
  await holder.evaluate(
    (names) =>
      Promise.all(
        names.map(
          (name) =>
            new Promise<void>((granted) => {
              const held = () => {
                granted()
                return new Promise(() => {})
              }
              // Rejects when the lock is stolen.
              navigator.locks.request(name, held).catch(() => {})
            }),
        ),
      ),
    [`redux-voice-agent:${databaseName}:tab:${tabId}`, `redux-voice-agent:${databaseName}:session:${id}`],
  )

  await page.goto(site)
  expect(await ready(page)).toMatchObject({ conversation: 'restored' })
  expect(await sessionOf(page)).toMatchObject({ id, tabId })
  await sayAndSave(page, 'And on')
  await page.reload()
  await ready(page)
  expect(await textsOf(page)).toEqual(['Hello', 'And on'])
})

test('a conversation of another tab can be followed, and opened here once that tab is closed', async ({
  context,
  page,
  site,
}) => {
  await openApp(page, site)
  await sayAndSave(page, 'first words')
  const { id } = await sessionOf(page)
  const reader = await context.newPage()
  await reader.goto(site)
  await ready(reader)
  await reader.getByRole('button', { name: 'Conversations' }).click()
  const list = reader.getByRole('region', { name: 'Conversations' })
  await expect(list.getByRole('listitem')).toHaveText(/open in another tab$/)
  await list.getByRole('listitem').getByRole('button').first().click()
  await expect(list.getByRole('article')).toHaveText('first words')
  await expect(list.getByRole('status')).toHaveText(/you can only read it here/)

  await sayAndSave(page, 'later words')
  await expect(list.getByRole('article').last()).toHaveText('later words')
  await page.close()
  await list.getByRole('button', { name: 'Open it here' }).click()
  await expect(list).toBeHidden()
  expect(await textsOf(reader)).toEqual(['first words', 'later words'])
  expect(await sessionOf(reader)).toMatchObject({ id, storage: 'persistent', error: null })
})
