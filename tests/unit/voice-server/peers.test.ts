import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPeers } from '../../../examples/voice-app/server/peers.js'

describe('a process of WebRTC connections that hangs', () => {
  const processes: ChildProcess[] = []
  const onStarted = (started: unknown) => processes.push((started as { process: ChildProcess }).process)
  const events = { onMessage() {}, onAudio() {}, onGone: vi.fn() }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.spyOn(console, 'error').mockImplementation(() => {})
    subscribe('child_process', onStarted)
  })
  afterEach(() => {
    unsubscribe('child_process', onStarted)
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('is killed when it does not answer an offer, so that the caller can try again', async () => {
    const peers = createPeers()
    const opened = peers.open('v=0', events)
    const hung = processes.at(-1)
    hung?.kill('SIGSTOP')
    vi.advanceTimersByTime(20_000)
    await expect(opened).rejects.toMatchObject({ status: 503, code: 'peer_lost' })
    expect(hung?.signalCode).toBe('SIGKILL')
    await peers.dispose()
  })

  it('is killed when it does not end with the server', async () => {
    const peers = createPeers()
    peers.prepare()
    const hung = processes.at(-1)
    hung?.kill('SIGSTOP')
    const disposed = peers.dispose()
    vi.advanceTimersByTime(2_000)
    await disposed
    expect(hung?.signalCode).toBe('SIGKILL')
  })
})
