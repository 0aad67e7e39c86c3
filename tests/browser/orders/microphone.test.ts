import type { WebRTCVoiceAgent } from 'redux-voice-agent'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { setUp, unplug } from '../webrtc/agents.js'

type World = ReturnType<typeof setUp>

const isMicrophone = ({ connection, agent }: World, microphone: string) =>
  new Promise<void>((resolve) => {
    if (connection().microphone === microphone) return resolve()
    const stop = agent.store.subscribe?.(() => {
      if (connection().microphone !== microphone) return
      stop?.()
      resolve()
    })
  })

/** Resolves when the browser has settled all microphone requests, including those that follow from a response. */
async function allAnswered({ asked }: World): Promise<void> {
  for (let answered = -1; answered !== asked.mock.results.length; ) {
    answered = asked.mock.results.length
    await Promise.allSettled(asked.mock.results.map(({ value }) => value as Promise<unknown>))
    // The package continues in microtasks, and the browser reports devices in tasks.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const ends: [string, (agent: WebRTCVoiceAgent) => Promise<unknown>][] = [
  ['disconnect()', (agent) => agent.disconnect()],
  ['newSession()', (agent) => agent.newSession()],
  ['reset()', (agent) => agent.reset()],
  ['dispose()', (agent) => agent.dispose()],
]

describe.each(ends)('after %s no microphone is open', (_how, end) => {
  it('another one was selected while the first was opening', async () => {
    // Otherwise a browser that already allows it reports no prompt.
    const query = vi.spyOn(navigator.permissions, 'query')
    query.mockResolvedValue({ state: 'prompt' } as PermissionStatus)
    onTestFinished(() => query.mockRestore())
    const world = setUp()
    const connected = world.agent.connect().catch(() => undefined)
    await isMicrophone(world, 'prompting')
    world.agent.selectMicrophone(null)
    await Promise.resolve()
    await end(world.agent)
    await connected
    await allAnswered(world)
    expect(world.opened.map(({ track }) => track.readyState)).not.toContain('live')
  })

  it('another one was selected in the same task', async () => {
    const world = setUp()
    await world.agent.connect()
    world.agent.selectMicrophone(null)
    await end(world.agent)
    await allAnswered(world)
    expect(world.opened.length).toBeGreaterThanOrEqual(1)
    expect(world.opened.map(({ track }) => track.readyState)).not.toContain('live')
  })

  it('the active one was unplugged in the same task', async () => {
    const world = setUp()
    await world.agent.connect()
    await vi.waitFor(() => expect(world.opened).toHaveLength(1))
    const [first] = world.opened
    if (first) unplug(first.track)
    await end(world.agent)
    await allAnswered(world)
    expect(world.opened.map(({ track }) => track.readyState)).not.toContain('live')
  })

  it('it was requested again in the same task', async () => {
    const world = setUp()
    await world.agent.connect()
    world.agent.retryMicrophone()
    await end(world.agent)
    await allAnswered(world)
    expect(world.opened.map(({ track }) => track.readyState)).not.toContain('live')
  })
})
