import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from '../../../src/index.js'
import type {
  ClientMessage,
  ConnectRequest,
  TransportEvent,
  VoiceTransportFactory,
} from '../../../src/transports.js'
import type { Message } from '../../../store/index.js'

declare global {
  interface Window {
    /** The agent and the shop's server live outside the page, so that they outlive it. */
    agentConnects(
      connection: string,
      context: ConnectRequest['context'],
    ): Promise<'resumed' | 'reseeded' | 'fresh'>
    agentHears(connection: string, message: ClientMessage): void
    pay(id: string): Promise<unknown>
    tools: {
      connect(): Promise<void>
      emit(event: TransportEvent): void
      messages(): Message[]
      status(): string
    }
  }
}

let emitNow: (event: TransportEvent) => void = () => {}

const transport: VoiceTransportFactory = ({ emit }) => {
  const connection = crypto.randomUUID()
  return {
    async connect({ context }) {
      emitNow = emit
      return window.agentConnects(connection, context)
    },
    send: (message) => window.agentHears(connection, message),
    close() {},
  }
}

const voiceAgent = createVoiceAgent({
  apiEndpoint: '/api/voice-agent',
  transport,
  refreshToken: async ({ sessionId }) => ({
    token: crypto.randomUUID(),
    expiresAt: Date.now() + 3_600_000,
    sessionId: sessionId ?? crypto.randomUUID(),
  }),
  autoReconnect: 'always',
  reconnect: () => 0,
  tools: {
    pay: {
      description: 'Pays.',
      parameters: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) => ({ value: value as { id: string } }),
        },
      },
      run: ({ id }: { id: string }) => window.pay(id),
    },
  },
})
const store = configureStore({
  reducer: { voiceAgent: voiceAgent.reducer },
  middleware: (defaults) => defaults().concat(voiceAgent.middleware),
})
const { agent, selectors } = voiceAgent

window.tools = {
  connect: () => agent.connect(),
  emit: (event) => emitNow(event),
  messages: () => selectors.selectMessages(store.getState()),
  status: () => selectors.selectConnectionStatus(store.getState()),
}
