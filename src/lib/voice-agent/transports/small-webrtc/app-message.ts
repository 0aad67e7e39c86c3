import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import type { RtviMessage } from './rtvi-message.js'

const text = (value: unknown) => (typeof value === 'string' ? value : null)

/** Reads name and data of each RTVI message for the app. Source: RTVI 2.1, message types. */
const readers: Record<string, (message: RtviMessage) => { name: string | null; data: unknown }> = {
  'server-message': ({ data, content = data }) => ({ name: null, data: content }),
  'server-response': ({ data: { t, d } }) => ({ name: text(t), data: d }),
  'error-response': ({ data }) => ({ name: null, data }),
  'ui-command': ({ data: { command, payload } }) => ({ name: text(command), data: payload }),
  'ui-job-group': ({ data, content = data }) => ({ name: null, data: content }),
  metrics: ({ data }) => ({ name: null, data }),
}

/** Translates a message for the app; null for any other. */
export function toAppMessage(message: RtviMessage): TransportEvent | null {
  const { type } = message
  if (!Object.hasOwn(readers, type)) return null
  // Cast, because the keys of the table are kinds.
  return { type: 'agentMessageReceived', kind: type, ...readers[type]?.(message) } as TransportEvent
}
