import { describe, expect, it, vi } from 'vitest'
import { setUp } from './agents.js'

/** Resolves once all microphone requests so far have settled, including everything that follows from them. */
async function answered(asked: ReturnType<typeof setUp>['asked']) {
  for (let count = -1; count !== asked.mock.results.length; ) {
    count = asked.mock.results.length
    await Promise.allSettled(asked.mock.results.map(({ value }) => value))
    await new Promise((resolve) => requestAnimationFrame(resolve))
  }
}

describe('an ended call', () => {
  it('records nothing, even if a microphone was selected while another one was opening', async () => {
    const { agent, asked, opened, connection } = setUp()
    const connecting = agent.connect().catch((error) => error)
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    agent.selectMicrophone(null)
    await agent.disconnect()
    await connecting
    await answered(asked)
    expect(opened.map(({ track }) => track.readyState)).not.toContain('live')
    expect(connection()).toMatchObject({ status: 'disconnected', microphone: 'off' })
  })

  it('records nothing, even if a microphone was selected at the same moment', async () => {
    const { agent, asked, opened, connection } = setUp()
    await agent.connect()
    agent.selectMicrophone(null)
    await agent.disconnect()
    await answered(asked)
    expect(opened.map(({ track }) => track.readyState)).not.toContain('live')
    expect(connection()).toMatchObject({ status: 'disconnected', microphone: 'off' })
  })
})

it.each([
  ['an address without a scheme', [{ urls: 'stun.example.org' }], "got ['stun.example.org']"],
  ['TURN without credentials', [{ urls: 'turn:turn.example.org' }], "got ['turn:turn.example.org']"],
  ['no addresses', [{}], 'got [undefined]'],
  ['no list', 'stun:stun.example.org', 'got string'],
])('reports what is wrong with ICE servers that are %s', async (_name, iceServers, got) => {
  const { agent } = setUp({ iceServers: iceServers as RTCIceServer[] })
  const error = await agent.connect().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'invalid-option', recoverable: false })
  expect(error.message).toContain(got)
})
