import type { Message } from 'redux-voice-agent'

/** One way of keeping a conversation, as an app that chose it would have it. */
export interface Engine {
  /** Stores a conversation from nothing. */
  seed(messages: Message[]): Promise<void>
  /** Opens the database and reads nothing of the conversation. */
  open(depth: Depth): Promise<void>
  /** Reads all messages, or the fewest it can that hold the newest; gives how many. After `open`. */
  read(): Promise<number>
  /** Loads the stored messages into a store that saves automatically; returns the number of loaded messages. */
  start(depth: Depth): Promise<number>
  /** One new message, from the dispatch until it is committed. After `start`. */
  save(message: Message): Promise<void>
  /** The same message to the reducers alone, in a store with the same messages that keeps nothing. After `start`. */
  reduce(message: Message): void
}

export type Depth = 'newest' | 'all'

export type EngineName = 'redux-voice-agent' | 'redux-persist' | 'redux-remember' | 'floor' | 'least'
