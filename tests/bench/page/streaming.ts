import type { Store } from '@reduxjs/toolkit'
import { written } from './indexeddb-probe.js'
import { messagesUpTo } from './messages.js'
import { pause } from './pause.js'
import { createAgent, createReducerOnly, databaseName, sessionId } from './voice-agent.js'

/** Receiver of the stream: the agent with storage, the agent without, or only its reducer. */
export type StreamMode = 'persistence' | 'persistence: false' | 'reducer alone'

export interface StreamCounts {
  deltas: number
  /** Duration of each task over 50 ms, in milliseconds. */
  longTasks: number[]
  writes: number
  bytes: number
}

const DELTAS_PER_SECOND = 50
/** A turn of about 190 characters. */
const DELTAS_PER_TURN = 48

let agent: ReturnType<typeof createAgent>
let store: Store
let streams = 0

/** Creates a store with `count` messages. For `persistence`, they must already be on disk. */
export async function prepareStream(mode: StreamMode, count: number): Promise<number> {
  agent = createAgent(mode === 'persistence' ? { databaseName, restore: 'all' } : false)
  store = agent.store
  const { actions, selectors, sessionManager } = agent.voiceAgent
  await sessionManager.initialize()
  if (mode === 'persistence') {
    await sessionManager.restoreSession(sessionId)
  } else {
    const messages = messagesUpTo(count)
    const session = {
      id: sessionId,
      tabId: 'bench',
      createdAt: 0,
      revision: 1,
      startedAt: null,
      endedAt: null,
    }
    store.dispatch(
      actions.sessionRehydrated({ ...session, reconnectAttempts: 0, messages, firstLoadedIndex: 0 }),
    )
  }
  if (mode === 'reducer alone') store = createReducerOnly(agent)
  return selectors.selectMessages(store.getState()).length
}

/** An agent that never stops talking: 50 deltas a second, turn after turn. */
export async function stream(seconds: number): Promise<StreamCounts> {
  const { assistantTurnStarted, assistantTextAppended, assistantTurnCompleted } = agent.voiceAgent.actions
  const longTasks: number[] = []
  const observer = new PerformanceObserver((list) => {
    longTasks.push(...list.getEntries().map(({ duration }) => duration))
  })
  observer.observe({ type: 'longtask' })
  Object.assign(written, { isCounting: true, bytes: 0, transactions: 0 })

  const name = `stream-${streams++}`
  const start = performance.now()
  const total = seconds * DELTAS_PER_SECOND
  let deltas = 0
  while (deltas < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * DELTAS_PER_SECOND) / 1_000))
    for (; deltas < due; deltas++) {
      const id = `${name}-${Math.floor(deltas / DELTAS_PER_TURN)}`
      const place = deltas % DELTAS_PER_TURN
      if (place === 0) store.dispatch(assistantTurnStarted({ turnId: id, at: Date.now() }))
      store.dispatch(assistantTextAppended({ turnId: id, delta: 'and ' }))
      if (place === DELTAS_PER_TURN - 1) store.dispatch(assistantTurnCompleted({ turnId: id }))
    }
    await pause(1_000 / DELTAS_PER_SECOND - 1)
  }
  const counts = { deltas, longTasks, writes: written.transactions, bytes: written.bytes }
  written.isCounting = false
  observer.disconnect()
  return counts
}
