import { configureStore, type Middleware, type UnknownAction } from '@reduxjs/toolkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NetworkReading } from '../../../middleware/drivers/call/page-ports.js'
import { createSampling, toSample } from '../../../middleware/drivers/call/sampling.js'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  MAX_SAMPLES,
} from '../../../store/index.js'

const reading = (part: Partial<NetworkReading> = {}): NetworkReading => ({
  connection: 1,
  at: 10_000,
  roundTripMs: 20,
  jitterMs: 2,
  soundEnergy: 0,
  packetsReceived: 100,
  packetsLost: 0,
  packetsSent: 100,
  remotePacketsLost: 0,
  bytesReceived: 8_000,
  bytesSent: 8_000,
  transportBytesReceived: 12_000,
  ...part,
})

describe('a sample', () => {
  it('covers what arrived between two readings, whatever the time between them', () => {
    const later = reading({
      at: 12_000,
      packetsReceived: 180,
      packetsLost: 20,
      packetsSent: 200,
      remotePacketsLost: 5,
      bytesReceived: 16_000,
      bytesSent: 12_000,
    })
    expect(toSample(reading(), later, 11_500)).toEqual({
      at: 12_000,
      roundTripMs: 20,
      jitterMs: 2,
      lossReceived: 0.2,
      lossSent: 0.05,
      bitrateReceived: 32_000,
      bitrateSent: 16_000,
      silentMs: 500,
    })
  })

  it('counts from 0 for a new connection, and ignores packets that arrived late', () => {
    const next = reading({
      connection: 2,
      at: 11_000,
      packetsReceived: 10,
      packetsLost: 10,
      bytesReceived: 80,
    })
    expect(toSample(reading(), next, 11_000)).toMatchObject({ lossReceived: 0.5, bitrateReceived: null })
    const recovered = reading({ at: 11_000, packetsReceived: 150, packetsLost: -2 })
    expect(toSample(reading(), recovered, 11_000).lossReceived).toBe(0)
  })
})

describe('sampling', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function setUp() {
    const path = 'voiceAgent'
    const actions = createVoiceAgentActions(path)
    const samples = vi.fn()
    const record: Middleware = () => (next) => (action) => {
      if (actions.networkSampled.match(action)) samples(action.payload)
      return next(action)
    }
    const store = configureStore({
      reducer: { [path]: createVoiceAgentReducer(actions) },
      middleware: (getDefault) => getDefault().concat(record),
    })
    const watch = { isVisible: true, tell: () => {} }
    const readNetwork = vi.fn(
      async (): Promise<NetworkReading | null> =>
        reading({ at: Date.now(), transportBytesReceived: Date.now() }),
    )
    const sampling = createSampling({
      media: { readNetwork },
      report: ({ name, payload }) =>
        void store.dispatch((actions[name] as (payload: unknown) => UnknownAction)(payload)),
      visibility: {
        isVisible: () => watch.isVisible,
        onChange(listener) {
          watch.tell = listener
          return () => {
            watch.tell = () => {}
          }
        },
      },
    })
    const begin = (connectionId = 'a') => {
      store.dispatch(actions.connectRequested())
      store.dispatch(actions.connectionAttempted({ connectionId, attempt: 0, at: 0 }))
      store.dispatch(actions.connectionEstablished({ connectionId, agent: 'fresh', at: 0 }))
      sampling.start(connectionId)
    }
    const network = () => store.getState()[path]?.stats.network ?? []
    return { actions, store, samples, watch, readNetwork, sampling, begin, network }
  }

  it('is one action per second of a call, and none before or after it', async () => {
    const { actions, store, samples, sampling, begin, network } = setUp()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(samples).not.toHaveBeenCalled()
    begin()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(samples).toHaveBeenCalledTimes(5)
    sampling.stop()
    store.dispatch(actions.connectionClosed({ by: 'user', at: 0 }))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(samples).toHaveBeenCalledTimes(5)
    expect(vi.getTimerCount()).toBe(0)
    // The values of the last call stay readable until the next.
    expect(network()).toHaveLength(5)
    begin('b')
    expect(network()).toHaveLength(0)
  })

  it('keeps two minutes, which are not worth a write', async () => {
    const { store, begin, network } = setUp()
    begin()
    const { revision } = store.getState().voiceAgent?.session ?? {}
    await vi.advanceTimersByTimeAsync((MAX_SAMPLES + 30) * 1_000)
    expect(network()).toHaveLength(MAX_SAMPLES)
    expect(store.getState().voiceAgent?.session.revision).toBe(revision)
  })

  it('pauses while the page is hidden, and continues afterwards', async () => {
    const { samples, watch, readNetwork, begin } = setUp()
    begin()
    watch.isVisible = false
    watch.tell()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(readNetwork).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
    watch.isVisible = true
    watch.tell()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(samples).toHaveBeenCalledTimes(1)
  })

  it('reports how long nothing has arrived, which after 4 s is a lost connection', async () => {
    const { readNetwork, begin, network, store } = setUp()
    readNetwork.mockImplementation(async () => reading({ at: Date.now() }))
    begin()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(network().map(({ silentMs }) => silentMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000])
    expect(createVoiceAgentSelectors('voiceAgent').selectConnectionQuality(store.getState())).toBe('lost')
  })

  it('survives unreadable statistics, and ends with the connection', async () => {
    const { samples, readNetwork, begin, sampling } = setUp()
    readNetwork.mockRejectedValueOnce(new Error('closed')).mockResolvedValueOnce(null)
    begin()
    await vi.advanceTimersByTimeAsync(3_000)
    expect(samples).toHaveBeenCalledTimes(1)
    sampling.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ignores late samples from an old connection', async () => {
    const { actions, store, begin, network } = setUp()
    begin()
    await vi.advanceTimersByTimeAsync(1_000)
    const [sample] = network()
    if (!sample) throw new Error('There is no sample.')
    store.dispatch(actions.networkSampled({ connectionId: 'an earlier one', sample }))
    expect(network()).toHaveLength(1)
  })
})
