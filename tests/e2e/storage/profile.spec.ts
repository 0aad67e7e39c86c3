import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { canary, findOnDisk } from '../support/profile.js'
import { expect, kill, openApp, ready, sayAndSave, storedSessions, test, textsOf } from './support.js'

const composer = (page: Page) => page.locator('[data-rva-part=composer-input]')
/** Types into a field like a user, after any existing text. */
async function type(page: Page, text: string) {
  await composer(page).press('End')
  await composer(page).pressSequentially(text)
}

/**
 * Types a word into a plain field on the same page, and waits until the browser's session restore has written it to disk. The browser
 * writes all fields of a page together, so it would have written the draft too.
 */
async function untilBrowserSavedFields(page: Page, profile: string): Promise<string> {
  const control = canary()
  await page.evaluate(() => {
    if (document.getElementById('control')) return
    document.body.append(Object.assign(document.createElement('textarea'), { id: 'control' }))
  })
  await page.locator('#control').pressSequentially(control)
  const sessions = join(profile, 'Default', 'Sessions')
  await expect.poll(() => findOnDisk(sessions, [control]), { intervals: [250] }).not.toEqual([])
  return control
}

/** Stores words wherever a page can, in plain text and in base64. */
async function plantControls(page: Page): Promise<string[]> {
  const words = [canary(), canary(), canary(), canary()]
  await page.evaluate(([local = '', encoded = '', session = '', title = '']) => {
    localStorage.setItem('control', `text ${local}`)
    localStorage.setItem('control-encoded', btoa(`text ${encoded} text`))
    sessionStorage.setItem('control', session)
    document.title = title
  }, words)
  return words
}

test('nothing typed, said or heard is anywhere in the profile, after reloads and a crash', async ({
  launch,
  profile,
  site,
}) => {
  test.setTimeout(120_000)
  const secret = {
    typed: canary(),
    answer: canary(),
    interim: canary(),
    firstDraft: canary(),
    secondDraft: canary(),
    lastDraft: canary(),
  }
  const long = `${'A long draft, left unsent. '.repeat(200)} ${secret.firstDraft}`
  const { context, page } = await launch()
  await openApp(page, site)
  await sayAndSave(page, `typed ${secret.typed}`)
  await page.evaluate((text) => window.app.answer(text), `answered ${secret.answer}`)
  const controls = await plantControls(page)
  await composer(page).fill(long.slice(0, -20))
  await type(page, long.slice(-20))
  controls.push(await untilBrowserSavedFields(page, profile))

  await page.reload()
  await ready(page)
  await expect(composer(page)).toHaveValue(long)
  await type(page, ` and ${secret.secondDraft}`)
  const draft = `${long} and ${secret.secondDraft}`
  controls.push(await untilBrowserSavedFields(page, profile))
  // The browser keeps the fields of the previous page for its history.
  await page.goto(`${site}?empty`)
  await page.goBack()
  await ready(page)
  await expect(composer(page)).toHaveValue(draft)
  await page.evaluate((text) => window.app.interim(text), `saying ${secret.interim}`)
  await expect.poll(() => page.evaluate(() => window.app.interimText())).toContain(secret.interim)
  await page.evaluate(() => window.app.save())
  controls.push(await untilBrowserSavedFields(page, profile))
  // Checked before the crash, because the browser may replace its files later.
  for (const control of controls)
    await expect.poll(() => findOnDisk(profile, [control]), `finds ${control}`).not.toEqual([])
  await kill(context)
  const words = [...Object.values(secret), 'A long draft']
  expect(findOnDisk(profile, words)).toEqual([])

  const { context: last, page: next } = await launch()
  await next.goto(site)
  await ready(next)
  const [id = ''] = await storedSessions(next)
  await next.evaluate((stored) => window.app.restoreSession(stored), id)
  await expect(composer(next)).toHaveValue(draft)
  expect((await textsOf(next)).slice(-1)).toEqual([`saying ${secret.interim}`])
  await type(next, ` ${secret.lastDraft}`)
  await next.evaluate(() => window.app.save())
  // After a crash, the browser writes no session files until it has exited properly.
  await next.reload()
  await ready(next)
  await expect(composer(next)).toHaveValue(`${draft} ${secret.lastDraft}`)
  await last.close()

  expect(findOnDisk(profile, words)).toEqual([])
})

test('the search finds a draft in a field that lets the browser store it, and a word in every encoding', async ({
  launch,
  profile,
  site,
}) => {
  const { context, page } = await launch()
  await openApp(page, site)
  await composer(page).evaluate((field: HTMLTextAreaElement) => {
    for (const element of [field, field.form]) element?.removeAttribute('autocomplete')
  })
  const draft = canary()
  await type(page, draft)
  await untilBrowserSavedFields(page, profile)
  await kill(context)
  expect(findOnDisk(profile, [draft]).join()).toMatch(/Sessions/)

  const folder = join(profile, 'planted')
  mkdirSync(folder)
  const encodings = ['utf8', 'utf16le'] as const
  for (const before of ['', 'a', 'ab', 'abc'])
    for (const encoding of encodings)
      for (const form of ['base64', 'base64url', null] as const) {
        const word = canary()
        const bytes = Buffer.from(`${before}${word}${before}`, encoding)
        writeFileSync(join(folder, 'file'), form ? bytes.toString(form) : bytes)
        expect(findOnDisk(folder, [word]), `${before} ${encoding} ${form}`).toEqual([`file: ${word}`])
      }
  expect(findOnDisk(folder, [canary()])).toEqual([])
})
