import type { Page } from '@playwright/test'
import { findOnDisk } from '../support/profile.js'
import {
  alter,
  authenticatorsOf,
  copyProfile,
  expect,
  open,
  read,
  records,
  recover,
  reload,
  setUp,
  stateOf,
  test,
  unlock,
  write,
} from './support.js'

const idsOf = async (page: Page) => {
  const status = await page.evaluate(() => window.passkey.status())
  return typeof status === 'string' ? [] : status.passkeys.map(({ id }) => id)
}

test('a conversation written after setting up a passkey is read after a reload and an unlock', async ({
  page,
  site,
  authenticators,
}) => {
  await authenticators.add()
  await open(page, site)
  expect(await stateOf(page)).toBe('unset')
  await setUp(page)
  expect(await stateOf(page)).toBe('open')
  expect(await page.evaluate(() => window.passkey.key())).toEqual({
    extractable: false,
    usages: ['wrapKey', 'unwrapKey'],
  })
  await page.evaluate(() => window.passkey.agent().say('my words'))
  expect(await page.evaluate(() => window.passkey.agent().session())).toMatchObject({
    storage: 'persistent',
    keyProtection: 'wrapped',
  })

  await reload(page)
  expect(await stateOf(page)).toBe('locked')
  expect(await unlock(page)).toBe('open')
  await page.evaluate(() => window.passkey.agent().restored())
  expect(await page.evaluate(() => window.passkey.agent().texts())).toEqual(['my words'])
})

test('without an unlock, nothing opens and nothing is lost: the next page reads it', async ({
  page,
  site,
  authenticators,
}) => {
  await authenticators.add()
  await open(page, site)
  await setUp(page)
  await page.evaluate(() => window.passkey.agent().say('my words'))
  await write(page, 'teapot')
  await reload(page)
  const before = await records(page)
  expect(await read(page)).toBe('key-unavailable passkey-locked')
  expect(await write(page, 'cup')).toBe('key-unavailable passkey-locked')
  await page.evaluate(() => window.passkey.agent().restored())
  expect(await page.evaluate(() => window.passkey.agent().texts())).toEqual([])
  expect(await records(page)).toEqual(before)

  // In the same page, after an unlock.
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('teapot')
  // The new session that replaced the locked one may be stored by now, too.
  const listed = await page.evaluate(() => window.passkey.agent().sessions())
  const stored = listed.find(({ messageCount }) => messageCount === 1)
  await page.evaluate((id) => window.passkey.agent().restore(id), stored?.id ?? '')
  expect(await page.evaluate(() => window.passkey.agent().texts())).toEqual(['my words'])
})

test('a passkey counts only once its recovery code was typed back', async ({
  page,
  site,
  authenticators,
}) => {
  const authenticator = await authenticators.add()
  await open(page, site)
  await page.evaluate(() => window.passkey.setUp())
  expect(await page.evaluate(() => window.passkey.create())).toBe('code')
  const code = (await page.evaluate(() => window.passkey.code())) ?? ''
  expect(await stateOf(page)).toBe('unset')
  expect(await write(page, 'teapot')).toBe('key-unavailable passkey-locked')
  const wrong = code.replace(/^./, (first) => (first === '7' ? '8' : '7'))
  const confirm = (typed: string) => page.evaluate((text) => window.passkey.confirm(text), typed)
  expect(await confirm(wrong)).toBe('recovery-code-mistyped')
  expect(await confirm('')).toBe('recovery-code-mistyped')
  expect(await page.evaluate(() => window.passkey.code())).toBe(code)
  expect(Object.keys(await records(page)).filter((key) => /passkey|recovery/.test(key))).toEqual([])

  // Cancelled now: the passkey opens nothing, and the browser is asked to delete it.
  expect(await authenticators.credentials(authenticator)).toHaveLength(1)
  await page.evaluate(() => window.passkey.cancel())
  await expect.poll(() => authenticators.credentials(authenticator)).toEqual([])
  expect(await page.evaluate(() => [window.passkey.step(), window.passkey.code()])).toEqual([
    'cancelled',
    null,
  ])
  expect(await unlock(page)).toBe('passkey-unset')

  const second = await setUp(page)
  expect(second).not.toBe(code)
  expect(await page.evaluate(() => window.passkey.code())).toBeNull()
  expect(await confirm(second)).toBe('passkey-failed')
})

test('a second authenticator opens the same data, and a removed one no longer does', async ({
  page,
  site,
  authenticators,
}) => {
  const first = await authenticators.add()
  await open(page, site)
  const code = await setUp(page)
  await write(page, 'teapot')
  expect(await page.evaluate(() => window.passkey.removePasskey('unknown'))).toBe('passkey-unset')
  const [firstId = ''] = await idsOf(page)
  expect(await page.evaluate((id) => window.passkey.removePasskey(id), firstId)).toBe('passkey-last')

  // The first one provides the proof. The same authenticator is rejected as the second.
  expect(await page.evaluate(() => window.passkey.addPasskey())).toBe('create')
  expect(await page.evaluate(() => window.passkey.create())).toBe('passkey-exists')
  const second = await authenticators.add({ transport: 'usb' })
  await authenticators.touch(first, false)
  expect(await page.evaluate(() => window.passkey.create())).toBe('done')
  expect(await idsOf(page)).toHaveLength(2)

  await authenticators.remove(first)
  await reload(page)
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('teapot')
  expect(await page.evaluate((id) => window.passkey.removePasskey(id), firstId)).toBe('removed')
  expect(await idsOf(page)).toHaveLength(1)
  await reload(page)
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('teapot')
  await authenticators.remove(second)
  await reload(page)
  expect(await recover(page, code)).toBe('create')
  expect(await read(page)).toBe('teapot')
})

test('after losing an authenticator, the recovery code opens everything, and a new passkey replaces it', async ({
  page,
  site,
  authenticators,
}) => {
  const lost = await authenticators.add()
  await open(page, site)
  const code = await setUp(page)
  await page.evaluate(() => window.passkey.agent().say('my words'))
  const [lostId = ''] = await idsOf(page)
  await authenticators.remove(lost)
  await reload(page)

  const other = code.replace(/.$/, (last) => (last === '7' ? '8' : '7'))
  expect(await recover(page, other)).toBe('recovery-code-mistyped')
  expect(await stateOf(page)).toBe('locked')
  expect(await recover(page, ` ${code.toLowerCase().replaceAll('-', ' ')} `)).toBe('create')
  expect(await stateOf(page)).toBe('open')
  await page.evaluate(() => window.passkey.agent().restored())
  expect(await page.evaluate(() => window.passkey.agent().texts())).toEqual(['my words'])

  await authenticators.add()
  expect(await page.evaluate(() => window.passkey.create())).toBe('done')
  expect(await page.evaluate((id) => window.passkey.removePasskey(id), lostId)).toBe('removed')
  await reload(page)
  expect(await unlock(page)).toBe('open')
  await page.evaluate(() => window.passkey.agent().restored())
  expect(await page.evaluate(() => window.passkey.agent().texts())).toEqual(['my words'])
})

test('a new recovery code needs a passkey, and the old code is valid until the new one was typed back', async ({
  page,
  site,
  authenticators,
}) => {
  await authenticators.add()
  await open(page, site)
  const old = await setUp(page)
  await write(page, 'teapot')
  expect(await page.evaluate(() => window.passkey.renew())).toBe('code')
  const code = (await page.evaluate(() => window.passkey.code())) ?? ''
  expect(code).not.toBe(old)
  await reload(page)
  expect(await recover(page, code)).toBe('recovery-code-wrong')
  expect(await recover(page, old)).toBe('create')

  expect(await page.evaluate(() => window.passkey.renew())).toBe('code')
  const next = (await page.evaluate(() => window.passkey.code())) ?? ''
  expect(await page.evaluate((typed) => window.passkey.confirm(typed), next)).toBe('done')
  await reload(page)
  expect(await recover(page, old)).toBe('recovery-code-wrong')
  expect(await read(page)).toBe('key-unavailable passkey-locked')
  expect(await recover(page, next)).toBe('create')
  expect(await read(page)).toBe('teapot')
})

test('another authenticator, a cancelled or unanswered prompt and a deleted passkey fail closed, and change nothing', async ({
  page,
  site,
  authenticators,
}) => {
  const own = await authenticators.add()
  await open(page, site)
  await setUp(page)
  await write(page, 'teapot')
  await reload(page)
  const before = await records(page)

  await authenticators.touch(own, false)
  expect(await page.evaluate(() => window.passkey.unlockFor(200))).toBe('passkey-cancelled')
  await authenticators.touch(own, true)
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('teapot')
  await page.evaluate(() => window.passkey.lock())
  await authenticators.verifyUser(own, false)
  expect(await unlock(page)).toBe('passkey-cancelled')
  expect(await read(page)).toBe('key-unavailable passkey-locked')

  await authenticators.clear(own)
  expect(await unlock(page)).toBe('passkey-cancelled')
  await authenticators.remove(own)
  await authenticators.add()
  expect(await unlock(page)).toBe('passkey-cancelled')
  expect(await page.evaluate(() => window.passkey.addPasskey())).toBe('passkey-cancelled')
  expect(await page.evaluate(() => window.passkey.setUp())).toBe('passkey-changed')
  expect(await stateOf(page)).toBe('locked')
  expect(await records(page)).toEqual(before)
})

test('a wrong PRF result and altered records open nothing @slow', async ({ page, site, authenticators }) => {
  await authenticators.add()
  await open(page, site)
  const code = await setUp(page)
  await write(page, 'teapot')
  await reload(page)
  const before = await records(page)
  await page.evaluate(() => {
    const { getClientExtensionResults } = PublicKeyCredential.prototype
    PublicKeyCredential.prototype.getClientExtensionResults = function () {
      const results = getClientExtensionResults.call(this)
      if (results.prf?.results) results.prf.results.first = new Uint8Array(32).fill(7)
      return results
    }
  })
  expect(await unlock(page)).toBe('passkey-wrong')
  expect(await read(page)).toBe('key-unavailable passkey-locked')
  expect(await records(page)).toEqual(before)

  await reload(page)
  const [id = ''] = await idsOf(page)
  for (const change of [
    { salt: null },
    { vault: 'other' },
    { wrapped: 'text' },
    { credentialId: '*' },
    { v: 0 },
  ]) {
    const key = `meta/passkey/${id}`
    const record = JSON.parse(before[key] ?? '') as Record<string, unknown>
    await alter(page, key, change)
    expect(await unlock(page), JSON.stringify(change)).toMatch(/^passkey-(unset|wrong)$/)
    const bytes = (text: unknown) => String(text).split(',').map(Number)
    await page.evaluate(
      async ([name, fields, buffers]) => {
        const restored = { ...fields } as Record<string, unknown>
        for (const [field, values] of Object.entries(buffers)) restored[field] = new Uint8Array(values).buffer
        const db = await new Promise<IDBDatabase>((resolve) => {
          const request = indexedDB.open('redux-voice-agent')
          request.onsuccess = () => resolve(request.result)
        })
        const transaction = db.transaction('records', 'readwrite')
        transaction.objectStore('records').put(restored, name)
        await new Promise<void>((resolve) => {
          transaction.oncomplete = () => resolve()
        })
        db.close()
      },
      [
        key,
        record,
        { salt: bytes(record.salt), wrapped: bytes(record.wrapped), wrapIv: bytes(record.wrapIv) },
      ] as const,
    )
    expect(await unlock(page)).toBe('open')
    await page.evaluate(() => window.passkey.lock())
  }
  // A damaged recovery code affects only itself, and is replaced with a passkey.
  await alter(page, 'meta/recovery', { wrapped: 'text' })
  expect(await recover(page, code)).toBe('passkey-unset')
  expect(await page.evaluate(() => window.passkey.setUp())).toBe('passkey-changed')
  expect(await page.evaluate(() => window.passkey.renew())).toBe('code')
  const next = (await page.evaluate(() => window.passkey.code())) ?? ''
  expect(await page.evaluate((typed) => window.passkey.confirm(typed), next)).toBe('done')
  await reload(page)
  expect(await recover(page, next)).toBe('create')
  expect(await read(page)).toBe('teapot')
})

test('an authenticator without PRF, a browser without passkeys and a wrong domain are rejected, and nothing is stored', async ({
  page,
  site,
  authenticators,
}) => {
  const plain = await authenticators.add({ hasPrf: false })
  await open(page, site)
  await page.evaluate(() => window.passkey.setUp())
  expect(await page.evaluate(() => window.passkey.create())).toBe('passkey-no-prf')
  await expect.poll(() => authenticators.credentials(plain)).toEqual([])
  // The same setup continues with a better authenticator.
  await authenticators.remove(plain)
  await authenticators.add()
  expect(await page.evaluate(() => window.passkey.create())).toBe('code')
  await page.evaluate(() => window.passkey.cancel())

  await open(page, `${site}?rpId=example.com`)
  await page.evaluate(() => window.passkey.setUp())
  expect(await page.evaluate(() => window.passkey.create())).toBe('passkey-unsupported')

  await page.addInitScript(() => {
    Object.defineProperty(window, 'PublicKeyCredential', { value: undefined })
  })
  await open(page, site)
  expect(await page.evaluate(() => window.passkey.supported())).toBe(false)
  expect(await page.evaluate(() => window.passkey.setUp())).toBe('create')
  expect(await page.evaluate(() => window.passkey.create())).toBe('passkey-unsupported')
  expect(await stateOf(page)).toBe('unset')
})

test('an authenticator that returns its key only on use asks once more, in a separate step @slow', async ({
  page,
  site,
  authenticators,
}) => {
  const authenticator = await authenticators.add()
  await open(page, site)
  // Like CTAP 2.1 security keys: the PRF is enabled on creation, and evaluated later.
  await page.evaluate(() => {
    const { create } = CredentialsContainer.prototype
    CredentialsContainer.prototype.create = function (options) {
      const { prf } = options?.publicKey?.extensions ?? {}
      if (prf) delete prf.eval
      return create.call(this, options)
    }
  })
  expect(await page.evaluate(() => window.passkey.setUp())).toBe('create')
  expect(await page.evaluate(() => window.passkey.create())).toBe('evaluate')
  expect(await page.evaluate(() => window.passkey.create())).toBe('passkey-failed')
  await authenticators.touch(authenticator, false)
  expect(await page.evaluate(() => window.passkey.evaluateFor(200))).toBe('passkey-cancelled')
  await authenticators.touch(authenticator, true)
  expect(await page.evaluate(() => window.passkey.evaluate())).toBe('code')
  const code = (await page.evaluate(() => window.passkey.code())) ?? ''
  expect(await page.evaluate((typed) => window.passkey.confirm(typed), code)).toBe('done')
  await write(page, 'teapot')
  await reload(page)
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('teapot')
})

test('a stolen profile opens nothing with another authenticator, and everything with the recovery code', async ({
  launch,
  folder,
  site,
}) => {
  test.setTimeout(90_000)
  const { context, page } = await launch('own')
  const own = await authenticatorsOf(page)
  await own.add()
  await open(page, site)
  const code = await setUp(page)
  await page.evaluate(() => window.passkey.agent().say('my canary words'))
  await write(page, 'canary teapot')
  const stored = await records(page)
  const ids = await idsOf(page)
  await context.close()
  // The code in both forms that the page uses.
  expect(findOnDisk(folder, ['canary', code, code.replaceAll('-', '')])).toEqual([])
  // The search finds unencrypted data.
  expect(findOnDisk(folder, ids)).not.toEqual([])

  copyProfile(folder, 'own', 'stolen')
  const { page: stolen } = await launch('stolen')
  const thief = await authenticatorsOf(stolen)
  await thief.add()
  await open(stolen, site)
  expect(await records(stolen)).toEqual(stored)
  expect(await stateOf(stolen)).toBe('locked')
  expect(await unlock(stolen)).toBe('passkey-cancelled')
  expect(await read(stolen)).toBe('key-unavailable passkey-locked')
  await stolen.evaluate(() => window.passkey.agent().restored())
  expect(await stolen.evaluate(() => window.passkey.agent().texts())).toEqual([])
  expect(await recover(stolen, code)).toBe('create')
  expect(await read(stolen)).toBe('canary teapot')
})

test('two tabs that set up at the same time agree on one passkey and one code @slow', async ({
  page,
  context,
  site,
  authenticators,
}) => {
  await authenticators.add()
  await open(page, site)
  const other = await context.newPage()
  const others = await authenticatorsOf(other)
  await others.add()
  await open(other, site)
  for (const tab of [page, other]) {
    // Browsers ask for a passkey only in the foreground tab.
    await tab.bringToFront()
    await tab.evaluate(() => window.passkey.setUp())
    expect(await tab.evaluate(() => window.passkey.create())).toBe('code')
  }
  const confirm = (tab: Page) => tab.evaluate(() => window.passkey.confirm(window.passkey.code() ?? ''))
  const settled = await Promise.all([confirm(page), confirm(other)])
  expect(settled.toSorted()).toEqual(['done', 'passkey-changed'])
  const winner = settled[0] === 'done' ? page : other
  expect(await idsOf(page)).toHaveLength(1)
  await write(winner, 'teapot')
  const loser = winner === page ? other : page
  expect(await stateOf(loser)).toBe('locked')
  expect(await read(loser)).toBe('key-unavailable passkey-locked')
})

test('after an erasure, the key opens nothing and stores nothing: setup starts again', async ({
  page,
  context,
  site,
  authenticators,
}) => {
  await authenticators.add()
  await open(page, site)
  const code = await setUp(page)
  await write(page, 'teapot')
  const other = await context.newPage()
  await open(other, site)
  await other.evaluate(() => window.passkey.agent().eraseAll())
  await page.bringToFront()
  expect(await write(page, 'cup')).toMatch(/^(erased|key-unavailable)/)
  expect(await stateOf(page)).toBe('unset')
  expect(await recover(page, code)).toBe('passkey-unset')
  expect(await unlock(page)).toBe('passkey-unset')
  await setUp(page)
  expect(await write(page, 'cup')).toBeUndefined()
  await reload(page)
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('cup')
})

test('a passphrase can be replaced by a passkey, and users with a scope have separate passkeys @slow', async ({
  page,
  site,
  authenticators,
}) => {
  await authenticators.add()
  await open(page, site)
  await page.evaluate(() => window.passkey.writeWithPassphrase('words', 'teapot'))
  await setUp(page)
  expect(await read(page)).toBe('key-wrong')
  expect(await page.evaluate(() => window.passkey.rewrapFromPassphrase())).toMatchObject({
    rewrapped: 1,
    failed: [],
  })
  expect(await read(page)).toBe('teapot')
  await reload(page)
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('teapot')

  await open(page, `${site}?user=ada`)
  expect(await stateOf(page)).toBe('unset')
  await setUp(page)
  await open(page, site)
  expect(await stateOf(page)).toBe('locked')
  expect(await idsOf(page)).toHaveLength(1)
})

test('a database that the browser clears while the page is open gets its passkeys back @slow', async ({
  page,
  site,
  authenticators,
}) => {
  await authenticators.add()
  await open(page, site)
  const code = await setUp(page)
  await write(page, 'teapot')
  for (const key of Object.keys(await records(page))) await alter(page, key, null)
  await write(page, 'cup')
  await reload(page)
  expect(await unlock(page)).toBe('open')
  expect(await read(page)).toBe('cup')
  await page.evaluate(() => window.passkey.lock())
  expect(await recover(page, code)).toBe('create')
})
