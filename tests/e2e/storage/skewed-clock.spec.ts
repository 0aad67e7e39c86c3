import { expect, openApp, ready, sayAndSave, sessionOf, test, textsOf } from './support.js'

const minute = 60_000

// The package doesn't use a token in its last five seconds. With 3 s left, the session and the call each request one.
const requestsAt = (skew: number) => (skew === 9.95 ? 2 : 1)

// A ten-minute token by the server's clock. No `Date` header reveals that, because the app has its own `refreshToken`.
for (const skew of [-11, 4, 9.95, 11, 60 * 24 * 365]) {
  test(`a device whose clock is ${skew} minutes off can call, and continues after a reload`, async ({
    context,
    page,
    site,
  }) => {
    await context.addInitScript((ms) => {
      const now = Date.now
      Date.now = () => now() + ms
    }, skew * minute)
    await openApp(page, `${site}?tokenLife=${10 * minute}`)
    await sayAndSave(page, 'Hello')
    const connection = () => page.evaluate(() => window.app.connection().status)
    expect(await connection()).toBe('connected')
    expect(await page.evaluate(() => window.app.tokenRequests())).toBe(requestsAt(skew))
    const { tokenExpiresAt, id } = await sessionOf(page)
    expect(tokenExpiresAt).toBeGreaterThan(await page.evaluate(() => window.app.now()))

    await page.reload()
    expect(await ready(page)).toEqual({ conversation: 'restored', agent: 'resumed' })
    expect(await connection()).toBe('connected')
    expect(await textsOf(page)).toEqual(['Hello'])
    expect(await sessionOf(page)).toMatchObject({ id, restore: { reason: null }, error: null })
  })
}
