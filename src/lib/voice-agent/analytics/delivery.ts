import type { AnalyticsReport } from './reports.js'

/** A report as sinks receive it. */
export type SentReport = AnalyticsReport & {
  /**
   * Hash of the session's id, with a daily salt that stays in the browser: the same for all visits of a day. Null without a session
   * or WebCrypto.
   */
  session: string | null
}

/** Reports of one agent, oldest first. */
export interface AnalyticsBatch {
  /** Version of this format. */
  version: 1
  reports: readonly SentReport[]
  /** Reports that were dropped since the last batch, because the sink failed or was too slow. */
  dropped: number
}

/** Context of a delivery. */
export interface Delivery {
  /** True if the page may be leaving: only `navigator.sendBeacon` and `fetch` with `keepalive` still work. */
  isLeaving: boolean
  /** Aborts if the sink takes longer than 5 s, or the user withdraws consent meanwhile. */
  signal: AbortSignal
}

/**
 * Receives batches, one at a time. If it throws, rejects or takes longer than 5 s, the batch is dropped. The call is not affected.
 *
 * @example
 * const toConsole: AnalyticsSink = ({ reports }) => console.table(reports)
 */
export type AnalyticsSink = (batch: AnalyticsBatch, delivery: Delivery) => void | Promise<void>

/** Maximum number of reports queued for one sink. A longer queue drops the oldest. */
const MAX_QUEUE_LENGTH = 200
/** Maximum number of reports per batch, because browsers limit beacons to 64 KiB. */
const MAX_BATCH_LENGTH = 60
/** Time limit of a sink for a batch, in milliseconds. */
const TIME_LIMIT_MS = 5_000

/** The queue of one sink. */
export interface SinkQueue {
  push(report: SentReport): void
  /** Sends all queued reports. Resolves when the sink is done or has failed. */
  flush(isLeaving: boolean): Promise<void>
  /** Drops all queued reports and aborts the current batches. */
  clear(): void
}

/** @param onFailure Called with each error of the sink, or with null for a timeout. */
export function createSinkQueue(sink: AnalyticsSink, onFailure: (error: unknown) => void): SinkQueue {
  let waiting: SentReport[] = []
  let dropped = 0
  let sending: Promise<void> | null = null
  /** Batches that the sink has not answered yet. */
  const pending = new Set<AbortController>()

  async function deliver(isLeaving: boolean): Promise<void> {
    const reports = waiting.slice(0, MAX_BATCH_LENGTH)
    waiting = waiting.slice(MAX_BATCH_LENGTH)
    const batch: AnalyticsBatch = { version: 1, reports, dropped }
    dropped = 0
    const delivery = new AbortController()
    pending.add(delivery)
    const { signal } = delivery
    const ended = new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    const timer = setTimeout(() => delivery.abort(null), TIME_LIMIT_MS)
    try {
      await Promise.race([(async () => sink(batch, { isLeaving, signal }))(), ended])
    } catch (error) {
      // Consent was withdrawn, so nothing is counted.
      if (!pending.has(delivery)) return
      dropped += batch.dropped + reports.length
      onFailure(error)
    } finally {
      clearTimeout(timer)
      pending.delete(delivery)
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await deliver(false)
  }

  async function flush(isLeaving: boolean): Promise<void> {
    if (isLeaving) {
      // The page may close before the previous batch is done.
      const leaving: Promise<void>[] = []
      while (waiting.length > 0) leaving.push(deliver(true))
      await Promise.all(leaving)
      return
    }
    sending ??= drain().finally(() => {
      sending = null
    })
    await sending
  }

  return {
    push(report) {
      waiting.push(report)
      if (waiting.length <= MAX_QUEUE_LENGTH) return
      waiting.shift()
      dropped++
    },
    flush,
    clear() {
      waiting = []
      dropped = 0
      const aborted = [...pending]
      pending.clear()
      for (const delivery of aborted) delivery.abort()
    },
  }
}
