import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  expect,
  kill,
  noticeOf,
  openApp,
  rawRecords,
  ready,
  sayAndSave,
  sessionOf,
  storedSessions,
  test,
  textsOf,
} from './support.js'

test('committed data survives killing the browser at the same moment', async ({ launch, site }) => {
  const { context, page } = await launch()
  await openApp(page, site)
  await sayAndSave(page, 'committed')
  await kill(context)

  const { page: next } = await launch()
  await next.goto(site)
  await ready(next)
  const [id = ''] = await storedSessions(next)
  expect(await next.evaluate((stored) => window.app.restoreSession(stored), id)).toMatchObject({
    conversation: 'restored',
  })
  expect(await textsOf(next)).toEqual(['committed'])
})

test('garbage in place of the database loses the old data, is reported, and does not affect what is said next', async ({
  launch,
  profile,
  site,
}) => {
  const { context, page } = await launch()
  await openApp(page, site)
  await sayAndSave(page, 'lost')
  const tab = await page.evaluate(() => ({ ...sessionStorage }))
  await context.close()

  const folders = readdirSync(join(profile, 'Default', 'IndexedDB'), { recursive: true, withFileTypes: true })
  const files = folders.filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(0)
  for (const { parentPath, name } of files) writeFileSync(join(parentPath, name), 'garbage '.repeat(1_000))

  const { page: next } = await launch()
  await next.goto(`${site}?empty`)
  // Like a tab that the browser restores after a crash.
  await next.evaluate((items) => {
    for (const [name, value] of Object.entries(items)) sessionStorage.setItem(name, value)
  }, tab)
  await next.goto(site)
  expect(await ready(next)).toMatchObject({ conversation: 'failed' })
  await expect(noticeOf(next)).toHaveText(/The earlier conversation can't be opened/)
  await next.evaluate(() => window.app.connect())
  await sayAndSave(next, 'kept')
  expect(await sessionOf(next)).toMatchObject({ storage: 'persistent', error: null })
  await next.reload()
  await ready(next)
  expect(await textsOf(next)).toEqual(['kept'])
})

test('after eight days, and a second check a day later, a closed conversation is deleted with its key; open and newer ones are kept', async ({
  context,
  page,
  site,
}) => {
  const idOf = async (tab: typeof page) => (await sessionOf(tab)).id ?? ''
  const speakIn = async (tab: typeof page) => {
    await openApp(tab, site)
    await sayAndSave(tab, 'Hello')
    return idOf(tab)
  }
  const open = await speakIn(page)
  const second = await context.newPage()
  const expired = await speakIn(second)
  await second.close()
  const day = 24 * 60 * 60 * 1000
  const now = Date.now()
  await context.clock.setFixedTime(now + 8 * day)
  const third = await context.newPage()
  const recent = await speakIn(third)
  // Each page looks for old sessions when idle. This one sees the expired one for the first time.
  const firstSighting = async () => {
    const { mark } = JSON.parse((await rawRecords(third))['meta/expiry'] ?? '{}')
    return mark?.at ?? 0
  }
  await expect.poll(firstSighting).toBeGreaterThanOrEqual(now + 8 * day)
  expect(await storedSessions(third)).toContain(expired)
  await third.close()

  // A later page, more than a day later, deletes it.
  await context.clock.setFixedTime(now + 9.1 * day)
  const last = await context.newPage()
  await last.goto(site)
  await ready(last)
  await expect.poll(() => storedSessions(last)).not.toContain(expired)
  const keys = Object.keys(await rawRecords(last))
  expect(keys.filter((key) => key.includes(expired))).toEqual([])
  for (const id of [open, recent]) {
    expect(keys).toEqual(expect.arrayContaining([`key/session/${id}`, `session/${id}/head`]))
  }
  await sayAndSave(page, 'Still there')
  await page.reload()
  await ready(page)
  expect(await textsOf(page)).toEqual(['Hello', 'Still there'])
})
