import { expect, it, vi } from 'vitest'
import { type CallParts, type CallPorts, createCallDriver } from '../../../middleware/drivers/call/driver.js'

const start = {
  type: 'startCall',
  callId: 'call1',
  epoch: 1,
  sessionId: 'session1',
  isRestored: false,
  isSwitched: false,
  isHandover: false,
} as const

function createDriver(load: () => Promise<CallParts>) {
  const ports = {
    load,
    network: { isOnline: () => true, onWake: () => () => {} },
    feed: vi.fn(),
    warn: vi.fn(),
  } as unknown as CallPorts
  return createCallDriver(ports)
}

function createParts() {
  const makeCall = vi.fn(async () => null)
  return { makeCall, parts: { makeCall, prepareCall: vi.fn() } as unknown as CallParts }
}

it('starts a prepared call in the task that brings its token', async () => {
  const { makeCall, parts } = createParts()
  const load = vi.fn(async () => parts)
  const { runners } = createDriver(load)
  runners.prepareCall({ type: 'prepareCall', callId: 'call1' })
  await vi.waitFor(() => expect(parts.prepareCall).toHaveBeenCalledOnce())
  runners.startCall(start)
  expect(makeCall).toHaveBeenCalledOnce()
  expect(load).toHaveBeenCalledOnce()
})

it('loads the code again if the preparation could not', async () => {
  const { makeCall, parts } = createParts()
  const load = vi.fn(async () => parts).mockRejectedValueOnce(new Error('Offline.'))
  const { runners } = createDriver(load)
  runners.prepareCall({ type: 'prepareCall', callId: 'call1' })
  runners.startCall(start)
  await vi.waitFor(() => expect(makeCall).toHaveBeenCalledOnce())
  expect(load).toHaveBeenCalledTimes(2)
})
