import type { Message } from 'redux-voice-agent'

/** One way to store a conversation, as an app would use it. */
export interface Engine {
  /** Stores a new conversation. */
  seed(messages: Message[]): Promise<void>
  /** Opens the database without reading the conversation. */
  open(depth: Depth): Promise<void>
  /** Reads all messages, or the smallest unit that contains the newest. Returns their number. Requires `open`. */
  read(): Promise<number>
  /** Loads the stored messages into a store that saves automatically. Returns their number. */
  start(depth: Depth): Promise<number>
  /** Saves one new message, from dispatch to commit. Requires `start`. */
  save(message: Message): Promise<void>
  /** Passes the same message to the reducers alone, in a store with the same messages but no persistence. Requires `start`. */
  reduce(message: Message): void
}

export type Depth = 'newest' | 'all'

export type EngineName = 'redux-voice-agent' | 'redux-persist' | 'redux-remember' | 'floor' | 'least'
