import {
  type AnalyticsBatch,
  beaconSink,
  metricNames,
  openTelemetrySink,
  type SentReport,
} from 'redux-voice-agent/analytics'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMeasuredAgent, talk } from './support.js'

const delivery = { isLeaving: false, signal: new AbortController().signal }
const batch: AnalyticsBatch = { version: 1, reports: [], dropped: 2 }

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('beaconSink', () => {
  it('posts the batch as JSON with a beacon', async () => {
    const sent: [string, Blob][] = []
    vi.stubGlobal('navigator', {
      sendBeacon(url: string, body: Blob) {
        sent.push([url, body])
        return true
      },
    })
    await beaconSink('/reports')(batch, delivery)
    const [[url, body] = ['', new Blob()]] = sent
    expect(url).toBe('/reports')
    expect(body.type).toBe('application/json')
    expect(JSON.parse(await body.text())).toEqual(batch)
  })

  it('passes the beacon on in the task of the flush, because a closing page has no other', () => {
    const sendBeacon = vi.fn(() => true)
    vi.stubGlobal('navigator', { sendBeacon })
    void beaconSink('/reports')(batch, { ...delivery, isLeaving: true })
    expect(sendBeacon).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['without beacons', {}],
    ['with a beacon that is refused', { sendBeacon: () => false }],
  ])('%s, fetches with keepalive', async (_, navigator) => {
    vi.stubGlobal('navigator', navigator)
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response())
    vi.stubGlobal('fetch', fetch)
    await beaconSink('/reports')(batch, delivery)
    expect(fetch).toHaveBeenCalledWith(
      '/reports',
      expect.objectContaining({ method: 'POST', keepalive: true, signal: delivery.signal }),
    )
  })

  it('rejects if the server rejects the batch', async () => {
    vi.stubGlobal('navigator', {})
    vi.stubGlobal('fetch', async () => new Response(null, { status: 503 }))
    await expect(beaconSink('/reports')(batch, delivery)).rejects.toThrow(
      'the address must answer 2xx; it answered 503.',
    )
  })

  it('requires an address', () => {
    expect(() => beaconSink('')).toThrow('beaconSink(url): url must be an address.')
    expect(() => beaconSink(undefined as never)).toThrow('beaconSink(url): url must be an address.')
  })
})

describe('openTelemetrySink', () => {
  function createMeter() {
    const made: { name: string; unit: string | undefined }[] = []
    const values: [name: string, value: number, attributes: object | undefined][] = []
    const instrument = (name: string, options?: { unit?: string }) => {
      made.push({ name, unit: options?.unit })
      const put = (value: number, attributes?: object) => void values.push([name, value, attributes])
      return { record: put, add: put }
    }
    return { meter: { createHistogram: instrument, createCounter: instrument }, made, values }
  }

  it('records a call, in seconds, with each instrument created once, under the names in one file', async () => {
    const { meter, made, values } = createMeter()
    const measured = createMeasuredAgent({ sinks: [openTelemetrySink(meter)] })
    await talk(measured)
    await talk(measured)
    await measured.analytics.flush()
    const names = made.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(Object.values(metricNames).map(([name]) => name)).toEqual(expect.arrayContaining(names))
    expect(values).toContainEqual(['voice_agent.turns', 1, { input: 'speech', outcome: 'interrupted' }])
    expect(values).toContainEqual(['voice_agent.sessions', 1, { start: 'created', end: 'ended' }])
    expect(values).toContainEqual([
      'voice_agent.connections',
      1,
      { cause: 'start', end: 'lost', error: 'connection-lost' },
    ])
    expect(JSON.stringify(values)).not.toContain('canary')
  })

  it('converts milliseconds, and omits what was not measured and the session hash', () => {
    const { meter, values } = createMeter()
    const turn: SentReport = {
      kind: 'turn',
      turn: 1,
      connection: 1,
      input: 'speech',
      outcome: 'answered',
      heardMs: 850,
      firstSoundMs: null,
      firstWordMs: null,
      userSpeechMs: 1_000,
      agentSpeechMs: 2_000,
      silenceMs: null,
      heardSilenceMs: null,
      tools: 0,
      toolsFailed: 0,
      toolMs: 0,
      session: 'abcdef',
    }
    void openTelemetrySink(meter)({ ...batch, reports: [turn] }, delivery)
    expect(values).toEqual([
      ['voice_agent.turns', 1, { input: 'speech', outcome: 'answered' }],
      ['voice_agent.turn.heard_latency', 0.85, { input: 'speech' }],
      ['voice_agent.reports.dropped', 2, {}],
    ])
  })
})
