import type { VoiceAgentError } from 'redux-voice-agent'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { exceptOfTheMachine } from '../../support/of-the-machine.js'
import { setUp } from '../webrtc/agents.js'

const rejectionOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: VoiceAgentError) => error,
  )

it.each([50, -1, Number.NaN])(
  "a volume of %s set by an action doesn't change the sound of the next call",
  async (volume) => {
    const errors: string[] = []
    const note = (event: ErrorEvent) => void errors.push(event.message)
    window.addEventListener('error', note)
    onTestFinished(() => window.removeEventListener('error', note))
    const { agent, connection } = setUp()
    agent.store.dispatch(agent.actions.volumeRequested({ volume }))
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    expect(connection()).toMatchObject({ status: 'connected', volume: 1, error: null })
    expect(errors).toEqual([])
  },
)

it.each([50, Number.NaN])(
  "a volume of %s set by an action doesn't change the sound of a live call",
  async (volume) => {
    const { agent, connection } = setUp()
    await agent.connect()
    await vi.waitFor(() => expect(connection().playback).toBe('playing'))
    expect(() => agent.store.dispatch(agent.actions.volumeRequested({ volume }))).not.toThrow()
    expect(connection()).toMatchObject({ playback: 'playing', volume: 1, error: null })
  },
)

describe('iceServers that the browser rejects', () => {
  const malformed: [string, RTCIceServer[]][] = [
    ['no scheme', [{ urls: 'stun.example.org' }]],
    ['another scheme', [{ urls: 'https://stun.example.org' }]],
    ['a relay without credentials', [{ urls: 'turn:turn.example.org' }]],
    ['no address', [{ urls: '' }]],
  ]

  it.each(malformed)('are reported by option name: %s', async (_name, iceServers) => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { agent, connection } = setUp({ iceServers })
    const error = await rejectionOf(agent.connect())
    expect(error).toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('iceServers'),
      recoverable: false,
    })
    expect(error?.cause).toBeInstanceOf(DOMException)
    expect(connection()).toMatchObject({ status: 'failed', microphone: 'off' })
    expect(exceptOfTheMachine(warned.mock.calls)).toHaveLength(1)
  })
})
