import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@playwright/test'
import type { Facts, Report } from './script.mjs'

const script = fileURLToPath(new URL('./script.mts', import.meta.url))

/** Makes the calls in another process. */
function makeCalls(): Promise<Report> {
  const child = fork(script, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let errors = ''
  child.stderr?.on('data', (data) => {
    errors += String(data)
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), 180_000)
  return new Promise<Report>((resolve, reject) => {
    child.once('message', (report) => resolve(report as Report))
    child.once('exit', (code, signal) => {
      if (signal && signal !== 'SIGKILL') resolve({ crashedBy: signal })
      else reject(new Error(`The script ended without a report (${signal ?? code}). ${errors}`))
    })
  }).finally(() => {
    clearTimeout(limit)
    // Its connections need not end: the binding may crash then.
    child.kill('SIGKILL')
  })
}

test.describe('a real call', () => {
  let facts: Facts

  /** The server's message about the session. Every call of the script that resumes it follows a text. */
  const session = ({ resumed }: { resumed: boolean }) => ({
    type: 'session',
    sessionId: facts.sessionId,
    resumed,
    resumeForMs: 120_000,
    handsOver: true,
    lastTextId: resumed ? 'abcdefgh' : null,
  })

  test.beforeAll(async () => {
    test.setTimeout(600_000)
    // The binding of libwebrtc sometimes crashes when a connection ends (node-webrtc's issue 576). Such calls show nothing about the server.
    for (let attempt = 1; ; attempt++) {
      const report = await makeCalls()
      if ('facts' in report) {
        facts = report.facts
        return
      }
      console.warn(`libwebrtc crashed (${report.crashedBy}) in attempt ${attempt}.`)
      if (attempt === 3) throw new Error(`libwebrtc crashed ${attempt} times (${report.crashedBy}).`)
    }
  })

  test('greets in an audible voice after bot-ready and the session message', () => {
    expect(facts.greetingDb).toBeGreaterThan(-30)
    expect(facts.firstTypes.slice(0, 6)).toEqual([
      'bot-ready',
      'server-message',
      'bot-llm-started',
      'bot-started-speaking',
      'bot-tts-started',
      'bot-output',
    ])
  })

  test('stops when the user talks over it and answers the spoken turn', () => {
    const types = facts.firstTypes
    const from = types.indexOf('user-started-speaking')
    const received = types.slice(from).filter((type) => type !== 'bot-output')
    expect(received.slice(0, 8)).toEqual([
      'user-started-speaking',
      'bot-interrupted',
      'bot-llm-stopped',
      'bot-tts-stopped',
      'bot-stopped-speaking',
      'user-stopped-speaking',
      'user-transcription',
      'bot-llm-started',
    ])
    expect(facts.bargeInMs).toBeGreaterThan(600)
  })

  test('gives a live session only to a client that proves it owns it', () => {
    expect(facts.owner).toBe(facts.sessionId)
    expect(facts.stranger).not.toBe(facts.sessionId)
    expect(facts.statuses).toEqual({ own: 200, foreign: 403 })
  })

  test('interrupts itself for a written message and streams the answer', () => {
    // Words of the interrupted answer may still arrive after the message.
    const received = facts.storyTypes.slice(facts.storyTypes.indexOf('bot-interrupted'))
    expect(received.slice(0, 8)).toEqual([
      'bot-interrupted',
      'bot-llm-stopped',
      'bot-tts-stopped',
      'bot-stopped-speaking',
      'bot-llm-started',
      'bot-started-speaking',
      'bot-tts-started',
      'bot-output',
    ])
  })

  test('resumes on a new peer connection and continues the interrupted answer', () => {
    const [fresh, resumed] = facts.sessions
    expect(fresh).toEqual(session({ resumed: false }))
    expect(resumed).toEqual(session({ resumed: true }))
    expect(new Set(facts.pcIds).size).toBe(3)
    expect(facts.goesOnWith).toBe('As I was saying: Kettle')
  })

  test('reseeds an agent that has forgotten, and resumes the session after it', () => {
    expect(facts.sessions.slice(2, 4)).toEqual([session({ resumed: false }), session({ resumed: true })])
    expect(facts.reseededWith).toBe('I am back, and I have read our last 3 messages.')
  })

  test('survives what it does not understand and says so', () => {
    expect(facts.thirdTypes.filter((type) => type === 'error')).toHaveLength(2)
    expect(facts.thirdTypes).toContain('error-response')
    expect(facts.thirdTypes).toContain('server-response')
    expect(facts.pongs).toBeGreaterThan(0)
  })

  test('loses no session when the WebRTC library crashes', () => {
    expect(facts.crashedBy).toBe('SIGSEGV')
    expect(facts.sessions[4]).toEqual(session({ resumed: true }))
    expect(facts.running).toBe(0)
  })

  test('ends a call that has been silent for three seconds, and cuts no caller off when it stops', () => {
    expect(facts.silenceMs).toBeGreaterThan(1900)
    // A busy machine detects the closed connection some seconds later.
    expect(facts.silenceMs - facts.timerMs).toBeLessThan(10_000)
    expect(facts.lastMessages).not.toContain('signalling')
  })
})
