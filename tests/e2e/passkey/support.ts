import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, test as base, chromium, expect, type Page } from '@playwright/test'
import { chromiumArgs, findChromium } from '../../../.config/browser.js'
import { servePage } from '../../support/serve-page.js'
import { readRecords } from '../support/raw-records.js'
import type {} from './page/main.js'

/** Chromium's virtual authenticators for one page. They survive reloads. */
export interface Authenticators {
  /** Adds one. A machine has at most one `internal` authenticator. */
  add(options?: { hasPrf?: boolean; transport?: 'internal' | 'usb' }): Promise<string>
  /** Removes one, together with its credentials. */
  remove(id: string): Promise<void>
  /** If false, user verification fails. Afterwards it is blocked, as after too many wrong PINs. */
  verifyUser(id: string, isVerified: boolean): Promise<void>
  /** If false, it waits for a touch forever. */
  touch(id: string, isPresent: boolean): Promise<void>
  /** Ids of its credentials, in base64. */
  credentials(id: string): Promise<string[]>
  /** Deletes them, as a user can in the settings. */
  clear(id: string): Promise<void>
}

export async function authenticatorsOf(page: Page): Promise<Authenticators> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  return {
    async add(options = {}) {
      const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          ctap2Version: 'ctap2_1',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
          hasPrf: true,
          ...options,
        },
      })
      return authenticatorId
    },
    remove: async (authenticatorId) => {
      await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    },
    verifyUser: async (authenticatorId, isUserVerified) => {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
    touch: async (authenticatorId, enabled) => {
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    },
    credentials: async (authenticatorId) => {
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
      return credentials.map(({ credentialId }) => credentialId)
    },
    clear: async (authenticatorId) => {
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
    },
  }
}

interface WorkerFixtures {
  site: string
}

interface TestFixtures {
  authenticators: Authenticators
  /** Launches a browser with a profile in this folder, which is deleted after the test. */
  launch: (profile: string) => Promise<{ context: BrowserContext; page: Page }>
  folder: string
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  authenticators: async ({ page }, use) => use(await authenticatorsOf(page)),

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-passkey-'))
    await use(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  },

  launch: async ({ folder }, use) => {
    const contexts: BrowserContext[] = []
    const executablePath = findChromium()
    await use(async (profile) => {
      const context = await chromium.launchPersistentContext(join(folder, profile), {
        ...(executablePath ? { executablePath } : {}),
        args: chromiumArgs,
      })
      contexts.push(context)
      return { context, page: context.pages()[0] ?? (await context.newPage()) }
    })
    for (const context of contexts) await context.close()
  },

  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
    async ({}, use) => {
      const served = await servePage(`${import.meta.dirname}/page`)
      // Passkeys belong to a domain, and an IP address is not one.
      await use(served.url.replace('127.0.0.1', 'localhost'))
      await served.close()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
})

export { expect }

/** Copies a profile, like an attacker with access to the disk. Its browser must be closed. */
export const copyProfile = (folder: string, from: string, to: string) =>
  cpSync(join(folder, from), join(folder, to), { recursive: true })

export async function open(page: Page, url: string) {
  await page.goto(url)
  await page.waitForFunction(() => 'passkey' in window)
}

export async function reload(page: Page) {
  await page.reload()
  await page.waitForFunction(() => 'passkey' in window)
}

/** Sets up a passkey and types the recovery code back. Returns the code. */
export async function setUp(page: Page): Promise<string> {
  expect(await page.evaluate(() => window.passkey.setUp())).toBe('create')
  expect(await page.evaluate(() => window.passkey.create())).toBe('code')
  const code = await page.evaluate(() => window.passkey.code())
  expect(await page.evaluate((typed) => window.passkey.confirm(typed ?? ''), code)).toBe('done')
  return code ?? ''
}

export const unlock = (page: Page) => page.evaluate(() => window.passkey.unlock())
export const recover = (page: Page, code: string) =>
  page.evaluate((typed) => window.passkey.recover(typed), code)
export const read = (page: Page, name = 'words') => page.evaluate((key) => window.passkey.read(key), name)
export const write = (page: Page, value: string, name = 'words') =>
  page.evaluate(([key = '', text = '']) => window.passkey.write(key, text), [name, value])
export const stateOf = async (page: Page) => {
  const status = await page.evaluate(() => window.passkey.status())
  return typeof status === 'string' ? status : status.state
}

/** All records, except those that only track the age of others. */
export async function records(page: Page): Promise<Record<string, string>> {
  const all = Object.entries(await readRecords(page, 'redux-voice-agent'))
  return Object.fromEntries(
    all.filter(([key]) => key !== 'meta/expiry' && key !== 'meta/birth' && !key.startsWith('kept/')),
  )
}

/** Changes a record, or deletes it if `change` is null, as another page of the origin could. */
export function alter(page: Page, key: string, change: Record<string, unknown> | null) {
  return page.evaluate(
    async ([name, fields]) => {
      const db = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open('redux-voice-agent')
        request.onsuccess = () => resolve(request.result)
      })
      const store = db.transaction('records', 'readwrite').objectStore('records')
      await new Promise<void>((resolve) => {
        const reading = store.get(name)
        reading.onsuccess = () => {
          if (fields === null) store.delete(name)
          else store.put({ ...reading.result, ...fields }, name)
          store.transaction.oncomplete = () => resolve()
        }
      })
      db.close()
    },
    [key, change] as const,
  )
}
