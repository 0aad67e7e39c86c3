import type { Tab } from './browser.js'
import type { Depth, EngineName } from './page/engine.js'
import type { StreamMode } from './page/streaming.js'
import type { Row, SaveCost, StreamRow, TailRow } from './types.js'

/** Saves in a round: a full segment cycle, because a save costs this package more the fuller the segment is. */
const CYCLE = 64
const ROUNDS = 5
/** Milliseconds after which a round of a slow engine ends. */
const ROUND_MS = 2_000
const READS = { newest: 9, all: 5 }

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

export async function measureEngine(tab: Tab, engine: EngineName, messages: number): Promise<Row> {
  await tab.clear()
  await tab.load()
  await tab.page.evaluate(([name, count]) => window.bench.seed(name, count), [engine, messages] as const)
  const newestMs = await readMs(tab, engine, 'newest', messages)
  const allMs = await readMs(tab, engine, 'all', messages)
  await start(tab, engine, 'all', messages)
  return { engine, messages, ...(await saveCost(tab, engine, messages)), newestMs, allMs }
}

/** Measures on the data that {@link measureEngine} left on disk. */
export async function measureNewestLoaded(tab: Tab, messages: number): Promise<TailRow> {
  const loaded = await start(tab, 'redux-voice-agent', 'newest', messages)
  return { messages, loaded, ...(await saveCost(tab, 'redux-voice-agent', messages)) }
}

/** One encryption and one put: see page/least.ts. */
export async function measureLeastSave(tab: Tab): Promise<SaveCost> {
  await tab.clear()
  await start(tab, 'least', 'newest', 0)
  // Overwrites any earlier data.
  await tab.page.evaluate((count) => window.bench.save(count, Number.MAX_SAFE_INTEGER), CYCLE)
  return saveCost(tab, 'least', Number.MAX_SAFE_INTEGER)
}

/** Each read runs in a freshly loaded page, as after a reload. */
async function readMs(tab: Tab, engine: EngineName, depth: Depth, expected: number): Promise<number> {
  const times: number[] = []
  let spent = 0
  while (times.length < READS[depth] && (times.length < 3 || spent < 10_000)) {
    await tab.load()
    const read = await tab.page.evaluate(([name, what]) => window.bench.read(name, what), [
      engine,
      depth,
    ] as const)
    const isComplete = depth === 'all' ? read.messages === expected : read.messages > 0
    if (!isComplete) throw new Error(`${engine} read ${read.messages} of ${expected} messages.`)
    times.push(read.ms)
    spent += read.ms
  }
  return median(times)
}

async function start(tab: Tab, engine: EngineName, depth: Depth, messages: number): Promise<number> {
  await tab.load()
  // Far from the indexes that an earlier run added to this database.
  const first = messages + (depth === 'all' ? 0 : 1_000_000)
  return tab.page.evaluate(([name, what, next]) => window.bench.start(name, what, next), [
    engine,
    depth,
    first,
  ] as const)
}

async function saveCost(tab: Tab, engine: EngineName, messages: number): Promise<SaveCost> {
  const isOurs = engine === 'redux-voice-agent'
  // If a save costs more in a longer conversation, the conversation must not grow much during the measurement.
  const count = isOurs ? CYCLE : Math.min(CYCLE, Math.ceil(messages / 50))
  const limit = isOurs ? Number.MAX_SAFE_INTEGER : ROUND_MS
  const save = (most: number) =>
    tab.page.evaluate(([saves, ms]) => window.bench.save(saves, ms), [most, limit] as const)

  // Warms up: a page that has saved before.
  await save(count)
  const perSave: number[] = []
  let saves = 0
  for (let round = 0; round < ROUNDS; round++) {
    // Cost of a call to the page without a save.
    const idle = await tab.busyMs(() => save(0))
    const { ms, result } = await tab.busyMs(() => save(count))
    perSave.push(Math.max(0, ms - idle.ms) / result)
    saves += result
  }
  const bytesPerSave = await tab.page.evaluate(([most, ms]) => window.bench.bytesPerSave(most, ms), [
    count,
    limit,
  ] as const)
  const reducer: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    reducer.push(await tab.page.evaluate(() => window.bench.reduceMs(20)))
  }
  return {
    blockedMsPerSave: median(perSave),
    reducerMsPerSave: median(reducer.slice(1)),
    bytesPerSave,
    saves,
  }
}

const modes: StreamMode[] = ['persistence', 'persistence: false', 'reducer alone']

export async function measureStreaming(tab: Tab, messages: number, seconds: number): Promise<StreamRow[]> {
  await tab.clear()
  await tab.load()
  await tab.page.evaluate((count) => window.bench.seed('redux-voice-agent', count), messages)
  const rows: StreamRow[] = []
  for (const mode of modes) {
    await tab.load()
    const loaded = await tab.page.evaluate(([how, count]) => window.bench.prepareStream(how, count), [
      mode,
      messages,
    ] as const)
    if (loaded !== messages)
      throw new Error(`The stream started with ${loaded} messages; expected ${messages}.`)
    // One second of warm-up, so that no first call is measured.
    await tab.page.evaluate(() => window.bench.stream(1))
    const { ms, result } = await tab.busyMs(() => tab.page.evaluate((s) => window.bench.stream(s), seconds))
    rows.push({ mode, seconds, messages, mainThreadMs: ms, share: ms / (seconds * 1_000), ...result })
  }
  return rows
}
