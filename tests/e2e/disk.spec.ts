import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { collectComplaints, expect, test, unexpected } from './fixtures.js'
import { assistantOn, expectKept, type Shown } from './support/assistant.js'
import { withSilentMicrophone } from './support/microphones.js'
import { findOnDisk } from './support/profile.js'
import { onToken } from './support/tokens.js'

let profile = ''
test.beforeEach(() => {
  profile = mkdtempSync(join(tmpdir(), 'redux-voice-agent-profile-'))
})
test.afterEach(() => rmSync(profile, { recursive: true, force: true }))

const open = (baseURL: string) =>
  chromium.launchPersistentContext(profile, {
    ...withSilentMicrophone(),
    baseURL,
    permissions: ['microphone'],
  })

/** Returns the shop's own texts, which the browser caches: product names and descriptions, which the agent says too. */
async function sourceOf(urls: Iterable<string>): Promise<string> {
  const texts = await Promise.all([...urls].map(async (url) => (await fetch(url)).text()))
  return texts.join('\n')
}

/** Every other three consecutive words that the agent said, except those that also occur in the shop's source. */
function wordsOf(shown: readonly Shown[], source: string): string[] {
  const phrases = shown
    .filter(({ role }) => role === 'assistant')
    .flatMap(({ text }) => text.split(' ').map((_, at, words) => words.slice(at, at + 3).join(' ')))
  return phrases.filter((phrase, at) => at % 2 === 0 && phrase.length > 10 && !source.includes(phrase))
}

test('no word of a conversation and no token is on disk in plain text', async ({ stack }) => {
  const context = await open(stack.url)
  const complaints = collectComplaints(context)
  const sources = new Set([stack.url])
  context.on('request', (request) => {
    if (request.resourceType() === 'script') sources.add(request.url())
  })
  const tokens: string[] = []
  onToken(context, ({ token }) => tokens.push(token))
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto('/')
  const assistant = assistantOn(page)

  await assistant.start()
  await assistant.ask('My password is zyxquokka, what about Lapsang?')
  await assistant.ask('And do wobbegongs drink oolong from Taiwan?')
  const before = await assistant.shown()
  // Control: finds a word that is stored in plain text.
  await page.evaluate(() => {
    localStorage.setItem('control-local', 'narwhalium in the clear')
    sessionStorage.setItem('control-session', 'axolotlian in the clear')
    return new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open('control', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('words')
      opening.onerror = () => reject(opening.error)
      opening.onsuccess = () => {
        const transaction = opening.result.transaction('words', 'readwrite', { durability: 'strict' })
        transaction.objectStore('words').put({ text: 'pangolinesque in the clear' }, 1)
        transaction.oncomplete = () => resolve()
      }
    })
  })
  await page.reload()
  await expect(assistant.restoredNotice).toBeVisible()
  expectKept(before, await assistant.shown())
  await assistant.isConnected()
  await context.close()

  const controls = findOnDisk(profile, ['narwhalium', 'axolotlian', 'pangolinesque'])
  for (const word of ['narwhalium', 'axolotlian', 'pangolinesque']) {
    expect(
      controls.filter((place) => place.endsWith(word)),
      `the search finds ${word}`,
    ).not.toEqual([])
  }
  const said = ['zyxquokka', 'wobbegong', ...wordsOf(before, await sourceOf(sources))]
  // How much of an answer is said before the next question interrupts it depends on the machine.
  expect(said.length).toBeGreaterThan(10)
  const parts = tokens.flatMap((token) => [token, ...token.split('.').slice(1)])
  expect(parts.length).toBeGreaterThan(0)
  expect(findOnDisk(profile, [...said, ...parts])).toEqual([])
  expect(unexpected(complaints)).toEqual([])
})

test('after the browser is closed, its next start does not show the conversation', async ({ stack }) => {
  const first = await open(stack.url)
  const page = first.pages()[0] ?? (await first.newPage())
  await page.goto('/')
  const assistant = assistantOn(page)
  await assistant.startAndReload()
  await first.close()

  const second = await open(stack.url)
  const next = second.pages()[0] ?? (await second.newPage())
  await next.goto('/')
  const fresh = assistantOn(next)
  await expect(fresh.log.getByText('Press Start')).toBeVisible()
  await expect(fresh.articles).toHaveCount(0)
  await second.close()
})
