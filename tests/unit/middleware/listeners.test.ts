import { expect, it } from 'vitest'
import { setUp } from './support.js'

it('a listener hears each event until it is removed, and one of once() only the first', async () => {
  const { agent } = setUp()
  const heard: string[] = []
  const listener = (name: string) => (status: string) => void heard.push(`${name} ${status}`)
  const removed = listener('removed')
  agent.on('connectionStateChanged', removed)
  const stop = agent.on('connectionStateChanged', listener('on'))
  agent.once('connectionStateChanged', listener('once'))
  agent.once('connectionStateChanged', listener('stopped'))()
  const removedOnce = listener('removed once')
  agent.once('connectionStateChanged', removedOnce)
  agent.off('connectionStateChanged', removed)
  agent.off('connectionStateChanged', removedOnce)
  await agent.connect()
  expect(heard).toEqual(['on connecting', 'once connecting', 'on connected'])
  stop()
  await agent.disconnect()
  expect(heard).toHaveLength(3)
})
