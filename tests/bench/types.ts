import type { EngineName } from './page/engine.js'
import type { StreamCounts, StreamMode } from './page/streaming.js'

/** Cost of a save. */
export interface SaveCost {
  /** Milliseconds of main thread, from the dispatch until it is committed. */
  blockedMsPerSave: number
  /** The part of it that the reducers take without any persistence. */
  reducerMsPerSave: number
  /** Bytes handed to IndexedDB. */
  bytesPerSave: number
  /** Saves that were measured. */
  saves: number
}

/** One engine at one size. */
export interface Row extends SaveCost {
  engine: EngineName
  messages: number
  /** Milliseconds from the open database to the newest messages, decrypted. */
  newestMs: number
  /** The same to all messages. */
  allMs: number
}

/** A save by this package while only the newest messages are loaded, as it is after a reload. */
export interface TailRow extends SaveCost {
  messages: number
  loaded: number
}

export interface StreamRow extends StreamCounts {
  mode: StreamMode
  seconds: number
  messages: number
  /** Milliseconds of main thread, all told. */
  mainThreadMs: number
  /** The same as a share of the time that passed. */
  share: number
}

export interface Report {
  chromium: string
  cores: number
  rows: Row[]
  /** One encryption and one put of half a segment, and nothing else. */
  leastSave: SaveCost | null
  newestLoaded: TailRow[]
  streaming: StreamRow[]
}
