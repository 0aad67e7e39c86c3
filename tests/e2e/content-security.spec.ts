import { expect, test } from './fixtures.js'
import { assistantOn } from './support/assistant.js'

const strict = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
]
const policies = {
  'a strict Content Security Policy': strict,
  'Trusted Types': [...strict, "require-trusted-types-for 'script'", "trusted-types 'none'"],
}

test.use({ tolerated: [/example\.invalid|TrustedScriptURL/] })

for (const [name, policy] of Object.entries(policies)) {
  test(`a page with ${name} blocks nothing in a call, its panels and a reload`, async ({ page }) => {
    const refused: string[] = []
    await page.exposeFunction('noteRefusal', (what: string) => void refused.push(what))
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { violatedDirective, blockedURI, sourceFile, sample } = event
        void (window as unknown as { noteRefusal(what: string): void }).noteRefusal(
          `${violatedDirective} ${blockedURI} ${sourceFile} ${sample}`,
        )
      })
    })
    await page.route('**/*', async (route) => {
      if (route.request().resourceType() !== 'document') return route.fallback()
      const response = await route.fetch()
      const headers = { ...response.headers(), 'content-security-policy': policy.join('; ') }
      await route.fulfill({ response, headers })
    })
    await page.goto('/')
    const assistant = assistantOn(page)
    await assistant.start()
    await assistant.say('What teas do you have?')
    for (const panel of ['Statistics', 'Microphone and speaker', 'Conversations']) {
      const button = page.getByRole('button', { name: panel, exact: true })
      await button.click()
      await expect(button).toHaveAttribute('aria-expanded', 'true')
      await button.click()
    }
    await page.reload()
    await expect(assistant.restoredNotice.first()).toBeVisible()
    await assistant.isConnected()
    expect(refused).toEqual([])
    // Checks that the policy is in force.
    await page.evaluate(() => {
      const script = document.createElement('script')
      try {
        script.src = 'https://example.invalid/'
        document.head.append(script)
      } catch {
        // Trusted Types throws.
      }
    })
    await expect.poll(() => refused.join()).toContain('example.invalid')
  })
}
