import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { isRecord } from '../json-text.js'
import type { ServerEvent } from './event-reader.js'

/**
 * Translates server events for the app that are not part of the conversation: rate limits, and a response's token usage.
 * Returns null for any other event.
 */
export function toAppMessage({ type, rate_limits, response }: ServerEvent): TransportEvent | null {
  const event = { type: 'agentMessageReceived', name: null } as const
  if (type === 'rate_limits.updated') return { ...event, kind: 'rate-limits', data: rate_limits }
  if (type !== 'response.done' || !isRecord(response) || !isRecord(response.usage)) return null
  return { ...event, kind: 'metrics', data: { usage: response.usage } }
}
