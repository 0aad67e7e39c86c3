import { readdirSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { expect, test } from '@playwright/test'
import { end, freePort, runScript } from './support/processes.js'

const script = 'examples/voice-app/start.ts'

/** Returns a function that returns all output of a stream so far. */
function saidBy(stream: Readable | null): () => string {
  const chunks: string[] = []
  stream?.on('data', (chunk) => chunks.push(String(chunk)))
  return () => chunks.join('')
}

/** Runs `npm start`, and collects its output. */
async function start() {
  const [port, voicePort] = [await freePort(), await freePort()]
  const child = runScript(script, { PORT: String(port), VOICE_SERVER_PORT: String(voicePort) })
  const said = { out: saidBy(child.stdout), err: saidBy(child.stderr) }
  await expect.poll(said.out, { timeout: 60_000 }).toContain('http')
  return { child, port, voicePort, said }
}

/** Finds the child process that runs the voice server. */
function voiceServerOf(parent: number | undefined): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.find((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return status.includes(`PPid:\t${parent}\n`) && command.includes('server/main.ts')
    } catch {
      return false
    }
  })
  return found === undefined ? undefined : Number(found)
}

test('npm start prints one URL, serves every route there, and restarts a dead voice server', async () => {
  test.setTimeout(120_000)
  const { child, port, said } = await start()
  try {
    expect(said.out().match(/https?:\/\/\S+/g)).toEqual([`http://localhost:${port}/`])
    expect(said.out()).toMatch(/\n {2}Try .*reload.*\n {2}Stop +Ctrl\+C\n/s)
    // Fits on one terminal screen.
    expect(said.out().split('\n').length).toBeLessThan(24)
    expect(
      said
        .out()
        .split('\n')
        .filter((line) => line.length > 110),
    ).toEqual([])
    for (const host of ['localhost', '127.0.0.1']) {
      const page = await fetch(`http://${host}:${port}/product/chalk-mug`)
      expect(page.headers.get('content-type')).toContain('text/html')
      expect(await page.text()).toContain('<title>Kettle & Clay</title>')
    }
    const health = () => fetch(`http://127.0.0.1:${port}/api/voice-agent/health`)
    expect(await (await health()).json()).toEqual({ ok: true })

    const pid = voiceServerOf(child.pid)
    if (pid === undefined) throw new Error('There is no voice server to kill.')
    process.kill(pid, 'SIGKILL')
    await expect.poll(async () => (await health()).status).toBe(503)
    const down = await health()
    expect(await down.json()).toMatchObject({ error: { code: 'voice_server_down' } })
    await expect.poll(async () => (await health()).status, { timeout: 15_000 }).toBe(200)
    expect(said.err()).toContain('it restarts')
  } finally {
    await end(child, 'SIGTERM')
  }
  expect(child.exitCode).toBe(0)
  expect(voiceServerOf(child.pid)).toBeUndefined()
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
})

test('npm start reports which port is in use, and exits @slow', async () => {
  const { child, port } = await start()
  const second = runScript(script, { PORT: String(port), VOICE_SERVER_PORT: String(await freePort()) })
  const complaint = saidBy(second.stderr)
  await expect.poll(() => second.exitCode, { timeout: 15_000 }).toBe(1)
  expect(complaint()).toContain(`Port ${port} is taken. Choose another one: PORT=${port + 10} npm start`)
  await end(child, 'SIGTERM')
})
