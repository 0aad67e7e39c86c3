import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { build, createServer, preview } from 'vite'
import { appConfig, backupFolderOf, outDirOf } from './app/vite-config.js'

// React, Redux and Vite depend on it. Set before Vite reads it.
process.env.NODE_ENV = 'development'

const port = portFrom('PORT', 5173)
const voicePort = portFrom('VOICE_SERVER_PORT', 8787)
/** With a key, the page talks to a model at OpenAI, and the voice server only creates ephemeral keys. */
const openAiUrl = process.env.OPENAI_API_KEY
  ? (process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1')
  : undefined
const isDev = process.argv.includes('--dev')
const [unknown] = process.argv.slice(2).filter((argument) => argument !== '--dev')
if (unknown !== undefined) fail(`Unknown argument ${unknown}. To choose a port, set PORT=${port} instead.`)

const ports = { port, voicePort, ...(openAiUrl ? { openAiUrl } : {}) }

const quickDeathMs = 5000
const longestPauseMs = 30_000
const startupMs = 20_000

await requireFree(port, 'PORT')
await requireFree(voicePort, 'VOICE_SERVER_PORT')

const voiceServer = superviseVoiceServer()
let shop: { close(): Promise<void> } | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))

try {
  shop = isDev ? await serveForDevelopment() : await buildAndServe()
  await waitForVoiceServer()
  console.log(welcome())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  await stop(1)
}

/** Says what to open, what to try, and how to stop. */
function welcome(): string {
  const model = process.env.OPENAI_MODEL ?? 'gpt-realtime'
  const agent = openAiUrl
    ? `${model} at ${new URL(openAiUrl).host}. It hears you, and using it may cost money.`
    : 'scripted and offline. It answers what you type. It notices that you speak, but not what you say.'
  return `
  Open       http://localhost:${port}/
  Agent      ${agent}
             Its server is process ${voiceServer.pid()}. It restarts if you end it, and the call reconnects.

  Try        1. Press "Start conversation" and allow the microphone, or just type.
             2. Type "What teas do you have?", and reload in the middle of the answer.
             3. Open another page of the shop. The call continues.
             4. Add something to the cart, and ask "What is in my cart?"

  Microphone blocked? Allow it in the address bar, or type.
  Stop       Ctrl+C
`
}

async function buildAndServe() {
  const config = appConfig(ports)
  await build(config)
  return preview(config)
}

async function serveForDevelopment() {
  const server = await createServer(appConfig(ports))
  return server.listen()
}

/** Runs the voice server as a child process, and restarts it when it ends. It ends with this process, because the IPC channel closes. */
function superviseVoiceServer() {
  const main = resolve(import.meta.dirname, 'server/main.ts')
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let pauseMs = 1000
  let stopping = false

  const start = () => {
    const startedAt = Date.now()
    child = spawn(process.execPath, ['--import', 'tsx', main], {
      env: {
        // A folder, so that a backup survives a restart of the server.
        VOICE_BACKUP_FOLDER: backupFolderOf(voicePort),
        ...process.env,
        VOICE_SERVER_PORT: String(voicePort),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.once('exit', (code, signal) => {
      if (stopping) return
      pauseMs = Date.now() - startedAt < quickDeathMs ? Math.min(pauseMs * 2, longestPauseMs) : 1000
      console.error(`The voice server ended (${signal ?? code}); it restarts in ${pauseMs / 1000} s.`)
      timer = setTimeout(start, pauseMs)
    })
  }
  start()

  return {
    pid: () => child?.pid,
    async stop() {
      stopping = true
      clearTimeout(timer)
      const running = child
      if (!running || running.exitCode !== null || running.signalCode !== null) return
      const ended = new Promise((done) => running.once('exit', done))
      running.kill('SIGTERM')
      const killer = setTimeout(() => running.kill('SIGKILL'), 4000)
      await ended
      clearTimeout(killer)
    },
  }
}

async function waitForVoiceServer(): Promise<void> {
  const deadline = Date.now() + startupMs
  while (Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${voicePort}/api/voice-agent/health`).catch(() => null)
    if (answer?.ok) return
    await delay(100)
  }
  throw new Error(`The voice server did not answer on port ${voicePort} within ${startupMs / 1000} s.`)
}

async function stop(code: number): Promise<never> {
  await Promise.allSettled([voiceServer.stop(), Promise.race([shop?.close(), delay(2000)])])
  rmSync(outDirOf(port), { recursive: true, force: true })
  process.exit(code)
}

function portFrom(name: string, fallback: number): number {
  const text = process.env[name]
  const value = text === undefined || text === '' ? fallback : Number(text)
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value
  return fail(`${name} must be a port number, not "${text}".`)
}

async function requireFree(wanted: number, name: string): Promise<void> {
  const error = await new Promise<NodeJS.ErrnoException | null>((done) => {
    const probe = createTcpServer()
    probe.once('error', done)
    probe.listen(wanted, '127.0.0.1', () => probe.close(() => done(null)))
  })
  if (error?.code === 'EADDRINUSE')
    fail(`Port ${wanted} is taken. Choose another one: ${name}=${wanted + 10} npm start`)
  if (error)
    fail(`Port ${wanted} can't be used (${error.code}). Choose another one: ${name}=${wanted + 10} npm start`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
