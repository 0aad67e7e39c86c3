import { outDirOf } from '../../../examples/voice-app/app/vite-config.js'
import { createVoiceServer } from '../../../examples/voice-app/server/app.js'
import { assistantOn } from '../../e2e/support/assistant.js'
import { sampleOf, startCaddy, startNginx } from '../support/samples.js'
import { expect, test } from './fixtures.js'

test.use({ ignoreHTTPSErrors: true })

for (const [name, start] of Object.entries({ nginx: startNginx, Caddy: startCaddy })) {
  test(`the documented ${name} serves the page over HTTPS with a strict CSP, and skips a killed process`, async ({
    page,
    shop,
    voice,
  }) => {
    const [one, two] = voice.processes
    if (!one || !two) throw new Error('There must be two processes.')
    const port = Number(new URL(shop.url).port)
    await using served = await start({ root: outDirOf(port), ports: [one.port, two.port] })
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`)
    })
    const response = await page.goto(served.url)
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'")
    expect(response?.headers()['permissions-policy']).toBe('microphone=(self)')
    const assistant = assistantOn(page)
    await assistant.start()
    await assistant.greeted()
    await assistant.ask('How are you?')
    await page.reload()
    await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
    expect(complaints).toEqual([])

    await one.kill()
    await page.reload()
    await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
    await assistant.say('What did I ask you first?')
    await assistant.hasSaid(/(first thing you asked|began with).*How are you/)
  })
}

test('the documented headers for another origin match those that the example sends', async () => {
  const origin = 'https://shop.example.com'
  const server = createVoiceServer({ allowedOrigins: [origin] })
  const url = '/api/voice-agent/offer'
  const asked = await server.inject({ method: 'OPTIONS', url, headers: { origin } })
  const refused = await server.inject({ method: 'POST', url, headers: { origin } })
  const foreign = await server.inject({ method: 'OPTIONS', url, headers: { origin: 'https://example.org' } })
  await server.close()
  const documented = sampleOf('http')
    .trim()
    .split('\n')
    .map((line) => line.split(': ') as [string, string])
  for (const [name, value] of documented) expect(asked.headers[name.toLowerCase()]).toBe(value)
  // An error response is readable too.
  expect(refused.statusCode).toBe(401)
  expect(refused.headers['access-control-allow-origin']).toBe(origin)
  expect(foreign.headers['access-control-allow-origin']).toBeUndefined()
})
