import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { preloadVoiceAssistant, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { accessibilityNodes } from './accessibility-tree.js'
import { find, mountAgent, painted, pastMessages } from './support.js'

const deltasPerTurn = 12

/** Creates an assistant with a restored conversation, in a phone-sized container. */
function prepare(count: number) {
  const { inApp, voiceAgent, transport } = mountAgent(pastMessages(count))
  const container = document.createElement('div')
  container.style.cssText = 'block-size: 640px; inline-size: 400px'
  document.body.append(container)
  let root = createRoot(container)
  onTestFinished(() => {
    root.unmount()
    container.remove()
  })
  return {
    container,
    voiceAgent,
    transport,
    /** Renders and lays out the assistant. Returns the duration in milliseconds. */
    paint() {
      const start = performance.now()
      flushSync(() => root.render(inApp(<WebRTCVoiceAssistant />)))
      void container.getBoundingClientRect().height
      void container.querySelector('[data-rva-part=viewport]')?.scrollHeight
      const spent = performance.now() - start
      expect(container.querySelectorAll('article').length).toBeGreaterThan(60)
      return spent
    },
    /**
     * Unmounts, so that the same messages can be painted again. Creating 3,000 new ones would cause garbage collection during the
     * measurement.
     */
    unmount() {
      root.unmount()
      root = createRoot(container)
    },
  }
}

type Panel = ReturnType<typeof prepare>

const countEmptyChunks = ({ container }: Panel) =>
  container.querySelectorAll('[data-rva-part=chunk]:empty, [data-rva-part=chunk-text]').length

/** Streams a delta. Returns the number of changes that it makes in the document. */
async function countChanges({ container, transport }: Panel, turnId: string, text: string): Promise<number> {
  let changes = 0
  const observer = new MutationObserver((records) => {
    changes += records.length
  })
  observer.observe(container, { childList: true, characterData: true, attributes: true, subtree: true })
  transport.emit({ type: 'assistantTextAppended', turnId, delta: text })
  await vi.waitFor(() => expect(container.textContent).toContain(text))
  await painted()
  observer.disconnect()
  return changes
}

/** Times of the panels' last deltas. */
const streamedAt = new Map<Panel, number>()

/**
 * Measures one delta including layout, in milliseconds. Deltas are sent separately, because those within a thirtieth of a second are
 * combined.
 */
async function streamOne(panel: Panel, turnId: string, text: string) {
  const { transport, container } = panel
  const viewport = container.querySelector('[data-rva-part=viewport]') as HTMLElement
  do await painted()
  while (performance.now() - (streamedAt.get(panel) ?? 0) < 100)
  const start = performance.now()
  streamedAt.set(panel, start)
  flushSync(() => transport.emit({ type: 'assistantTextAppended', turnId, delta: text }))
  void viewport.scrollHeight
  const spent = performance.now() - start
  expect(viewport.querySelector('[data-rva-part=chunk]:last-of-type')?.textContent).toContain(text)
  return spent
}

/** Uses the minimum, because other load on the machine only adds time. */
const least = (values: number[]) => Math.min(...values)
/** Uses the median, so that a single fast delta doesn't count. */
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

test('of 3,000 messages, at most 150 are rendered first, and a delta changes only a few nodes', async () => {
  await preloadVoiceAssistant()
  const panel = prepare(3_000)
  panel.paint()
  expect(panel.container.querySelectorAll('article').length).toBeLessThanOrEqual(150)
  await panel.voiceAgent.agent.connect()
  await vi.waitFor(() => expect(countEmptyChunks(panel)).toBe(0), { timeout: 60_000, interval: 250 })
  panel.transport.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  for (let delta = 0; delta < 5; delta++) {
    const changes = await countChanges(panel, 'turn', `word ${delta} `)
    expect(changes).toBeGreaterThan(0)
    expect(changes).toBeLessThanOrEqual(15)
  }
})

/** Depends on a quiet machine: `npm run test:slow`. `npm run bench:ui` measures 10,000. */
test.runIf(import.meta.env?.VITE_SLOW)(
  '3,000 messages take at most 1.5 times as long as 100 to paint first and to stream',
  {
    timeout: 120_000,
  },
  async () => {
    await preloadVoiceAssistant()
    const first = { short: [] as number[], long: [] as number[] }
    const panels = { short: prepare(100), long: prepare(3_000) }
    // Alternates, so that other load on the machine affects both.
    for (let round = 0; round < 10; round++) {
      for (const name of ['short', 'long'] as const) {
        first[name].push(panels[name].paint())
        panels[name].unmount()
        await painted()
      }
    }

    for (const panel of Object.values(panels)) {
      panel.paint()
      await panel.voiceAgent.agent.connect()
    }
    // All messages are rendered, so that the long conversation does not have less work.
    await vi.waitFor(() => expect(countEmptyChunks(panels.long)).toBe(0), { timeout: 60_000, interval: 250 })
    expect(panels.long.container.querySelectorAll('article')).toHaveLength(3_000)
    const streamed = { short: [] as number[], long: [] as number[] }
    const turns = 4
    for (let turn = 0; turn < turns; turn++) {
      const turnId = `turn-${turn}`
      for (const { transport } of Object.values(panels))
        transport.emit({ type: 'assistantTurnStarted', turnId })
      for (let delta = 0; delta < deltasPerTurn; delta++) {
        for (const name of ['short', 'long'] as const)
          streamed[name].push(await streamOne(panels[name], turnId, `word ${delta} `))
      }
      for (const { transport } of Object.values(panels))
        transport.emit({ type: 'assistantTurnCompleted', turnId })
    }

    const ratios = {
      firstPaint: least(first.long) / least(first.short),
      delta: median(streamed.long) / median(streamed.short),
    }
    console.log(
      'first paint ms',
      least(first.short).toFixed(1),
      least(first.long).toFixed(1),
      'delta ms',
      median(streamed.short).toFixed(3),
      median(streamed.long).toFixed(3),
    )
    expect(ratios.firstPaint).toBeLessThanOrEqual(1.5)
    expect(ratios.delta).toBeLessThanOrEqual(1.5)
  },
)

test('a screen reader finds all of 2,000 messages, including those outside the viewport', {
  timeout: 60_000,
}, async () => {
  const panel = prepare(2000)
  panel.paint()
  await vi.waitFor(() => expect(countEmptyChunks(panel)).toBe(0), { timeout: 30_000, interval: 100 })
  const nodes = await accessibilityNodes()
  expect(nodes.filter(({ role, ignored }) => !ignored && role?.value === 'article')).toHaveLength(2000)
})

test('scrolling up through chunks with estimated heights does not move the visible text', async () => {
  const panel = prepare(1000)
  panel.paint()
  await vi.waitFor(() => expect(countEmptyChunks(panel)).toBe(0), { timeout: 30_000, interval: 100 })
  const viewport = await find(panel.container, '[data-rva-part=viewport]')
  for (let step = 0; step < 12; step++) {
    viewport.scrollTop -= 1200
    await painted()
    const middle = viewport.getBoundingClientRect().top + 320
    const seen = document
      .elementFromPoint(200, middle)
      ?.closest('[data-rva-part=turn], [data-rva-part=chunk]')
    const before = seen?.getBoundingClientRect().top ?? Number.NaN
    await painted()
    await painted()
    expect(Math.abs((seen?.getBoundingClientRect().top ?? Number.NaN) - before)).toBeLessThanOrEqual(1)
  }
})
