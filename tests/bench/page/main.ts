import type { Depth, Engine, EngineName } from './engine.js'
import { floor } from './floor.js'
import { probeIndexedDb, written } from './indexeddb-probe.js'
import { least } from './least.js'
import { messageAt, messagesUpTo } from './messages.js'
import { reduxPersist } from './redux-persist.js'
import { reduxRemember } from './redux-remember.js'
import { reduxVoiceAgent } from './redux-voice-agent.js'
import { atRest } from './rest.js'
import { measureSessions, seedSessions } from './sessions.js'
import { prepareStream, stream } from './streaming.js'

const engines: Record<EngineName, () => Engine> = {
  'redux-voice-agent': reduxVoiceAgent,
  'redux-persist': reduxPersist,
  'redux-remember': reduxRemember,
  floor,
  least,
}

let engine: Engine
/** Index of the next message. */
let next = 0

/** Functions that `run.ts` calls in the page. */
const bench = {
  seed: (name: EngineName, count: number) => engines[name]().seed(messagesUpTo(count)),

  /** Milliseconds for one read from an open database. */
  async read(name: EngineName, depth: Depth): Promise<{ ms: number; messages: number }> {
    engine = engines[name]()
    await engine.open(depth)
    await atRest()
    const start = performance.now()
    const messages = await engine.read()
    return { ms: performance.now() - start, messages }
  },

  async start(name: EngineName, depth: Depth, count: number): Promise<number> {
    engine = engines[name]()
    next = count
    return engine.start(depth)
  },

  /** Saves messages one after the other, each committed before the next, until `count` or `maxMs` is reached; at least one. */
  async save(count: number, maxMs: number): Promise<number> {
    const start = performance.now()
    let saved = 0
    while (saved < count && (saved === 0 || performance.now() - start < maxMs)) {
      await engine.save(messageAt(next++))
      saved++
    }
    return saved
  },

  /** Average number of bytes passed to IndexedDB per save. */
  async bytesPerSave(count: number, maxMs: number): Promise<number> {
    Object.assign(written, { isCounting: true, bytes: 0 })
    const saved = await bench.save(count, maxMs)
    written.isCounting = false
    return written.bytes / saved
  },

  /** Average time that the reducers take per message, in milliseconds. */
  reduceMs(count: number): number {
    const start = performance.now()
    for (let index = 0; index < count; index++) engine.reduce(messageAt(next++))
    return (performance.now() - start) / count
  },

  atRest,
  seedSessions,
  measureSessions,
  prepareStream,
  stream,
}

export type Bench = typeof bench

declare global {
  interface Window {
    bench: Bench
  }
}

probeIndexedDb()
window.bench = bench
