import { createContext } from 'react'
import type { AgentHandle } from './agent-source.js'

/** @internal The agent of the nearest `<VoiceAgentProvider>`. */
export const VoiceAgentContext = createContext<AgentHandle | null>(null)
