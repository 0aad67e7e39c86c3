import type { Room } from 'livekit-client'
import type { ClientMessage, TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import type { ToolDescription } from '../../../../../middleware/drivers/tools/ports.js'
import { readJson } from '../json-text.js'
import type { LiveKitClient } from './client.js'

type ToolAnswerMessage = Extract<ClientMessage, { type: 'tool-answer' }>

/** A call that the agent is waiting for. */
interface PendingCall {
  resolve(result: string): void
  reject(error: Error): void
}

/** Code of an error in the called method. */
const APPLICATION_ERROR = 1500

/**
 * Registers each of the app's tools as an RPC method with its name, which is how agents forward tools to a frontend. The payload contains the
 * arguments as JSON, and the response is the result as JSON.
 */
export function createToolCalls(emit: (event: TransportEvent) => void) {
  const pending = new Map<string, PendingCall>()

  return {
    /** @param isAgent Returns true for the agent's identity: other participants may not call tools. */
    register(
      room: Room,
      { RpcError }: LiveKitClient,
      tools: readonly ToolDescription[],
      isAgent: (identity: string) => boolean,
    ) {
      for (const { name } of tools) {
        room.registerRpcMethod(name, ({ requestId, callerIdentity, payload, responseTimeout }) => {
          if (!isAgent(callerIdentity))
            throw new RpcError(APPLICATION_ERROR, 'Only the agent may call a tool.')
          const given = payload === '' ? {} : readJson(payload)
          if (given === undefined) {
            emit({ type: 'protocolError', why: 'malformed' })
            throw new RpcError(APPLICATION_ERROR, 'The arguments must be JSON.')
          }
          return new Promise<string>((resolve, reject) => {
            const settle = () => {
              clearTimeout(timer)
              pending.delete(requestId)
            }
            // `responseTimeout` is in milliseconds. The agent waits no longer than that.
            const timer = setTimeout(() => {
              settle()
              emit({ type: 'toolCallStopped', toolCallId: requestId, cancelled: true })
              reject(new RpcError(APPLICATION_ERROR, 'The tool took too long.'))
            }, responseTimeout)
            pending.set(requestId, {
              resolve(result) {
                settle()
                resolve(result)
              },
              reject(error) {
                settle()
                reject(new RpcError(APPLICATION_ERROR, error.message))
              },
            })
            emit({ type: 'toolCallStarted', toolCallId: requestId, name, arguments: given })
          })
        })
      }
    },
    /** Returns false if the agent is not waiting for this call, for example one from an earlier connection. */
    answer({ toolCallId, answer }: ToolAnswerMessage): boolean {
      const call = pending.get(toolCallId)
      if (!call) return false
      if ('error' in answer) call.reject(new Error(answer.error))
      else call.resolve(JSON.stringify(answer.result ?? null))
      return true
    },
    close() {
      for (const call of [...pending.values()]) call.reject(new Error('The call has ended.'))
    },
  }
}
