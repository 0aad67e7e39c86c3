import type { UnknownAction } from '@reduxjs/toolkit'
import type { HandlerContext } from './context.js'
import { handleTools } from './tools/index.js'
import { type Call, startCall } from './webrtc/call.js'
import type { CallPorts, Outbox } from './webrtc/call-connections.js'
import { handleDevices } from './webrtc/devices.js'
import type { DisplayPorts } from './webrtc/ports.js'
import type { Retries } from './webrtc/retries.js'
import { handleSampling } from './webrtc/sampling.js'

/** Starts a call; `isRestored`: it takes up one from before a reload. */
export type StartCall = (
  outbox: Outbox,
  options: { retries: Retries; signal: AbortSignal; isRestored: boolean },
) => Call & { done: Promise<UnknownAction | null> }

/** Starts what goes on beside calls, and gives what starts one. Loaded with the first one. */
export function prepareCalls(context: HandlerContext, ports: CallPorts & DisplayPorts): StartCall {
  handleDevices(context, ports)
  handleTools(context, ports.tools)
  handleSampling(context, ports)
  return (outbox, options) => startCall(context, ports, outbox, options)
}
