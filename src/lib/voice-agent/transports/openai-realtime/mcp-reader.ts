import type { ItemOrder } from './item-order.js'

/** Reads MCP tool calls, which OpenAI runs, and requests for the user's approval. */
export interface McpReader {
  /** Returns true if the item is from an MCP server. */
  read(id: string, item: Record<string, unknown>): boolean
}

const asText = (value: unknown) => (typeof value === 'string' ? value : '')

/**
 * An approved call gets the id of its request, so that both are one message.
 * Source: OpenAI API reference, items `mcp_approval_request` and `mcp_call`.
 */
export function createMcpReader(order: Pick<ItemOrder, 'emit'>): McpReader {
  const requested = new Set<string>()

  return {
    read(id, { type, name, arguments: args, approval_request_id: requestId, error }) {
      const start = (toolCallId: string) =>
        order.emit(id, { type: 'toolCallStarted', toolCallId, name: asText(name), arguments: args })
      if (type === 'mcp_approval_request') {
        if (requested.has(id)) return true
        requested.add(id)
        start(id)
        order.emit(id, { type: 'toolApprovalNeeded', toolCallId: id })
      } else if (type === 'mcp_call') {
        const isApproved = typeof requestId === 'string' && requested.has(requestId)
        const toolCallId = isApproved ? requestId : id
        if (!isApproved) start(id)
        const failed = error !== undefined && error !== null
        order.emit(id, { type: 'toolCallStopped', toolCallId, cancelled: false, failed })
      } else return false
      return true
    },
  }
}
