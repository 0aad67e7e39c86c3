import type { EngineName } from './page/engine.js'
import type { StreamCounts, StreamMode } from './page/streaming.js'

/** Cost of a save. */
export interface SaveCost {
  /** Main-thread time from dispatch to commit, in milliseconds. */
  blockedMsPerSave: number
  /** The share of the reducers, without any persistence. */
  reducerMsPerSave: number
  /** Bytes handed to IndexedDB. */
  bytesPerSave: number
  /** Number of measured saves. */
  saves: number
}

/** One engine at one size. */
export interface Row extends SaveCost {
  engine: EngineName
  messages: number
  /** Milliseconds from the open database to the newest messages, decrypted. */
  newestMs: number
  /** The same for all messages. */
  allMs: number
}

/** A save by this package while only the newest messages are loaded, as after a reload. */
export interface TailRow extends SaveCost {
  messages: number
  loaded: number
}

export interface StreamRow extends StreamCounts {
  mode: StreamMode
  seconds: number
  messages: number
  /** Total main-thread time in milliseconds. */
  mainThreadMs: number
  /** The same as a share of the elapsed time. */
  share: number
}

export interface Report {
  chromium: string
  cores: number
  rows: Row[]
  /** Only one encryption and one put of half a segment. */
  leastSave: SaveCost | null
  newestLoaded: TailRow[]
  streaming: StreamRow[]
}
