import { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'
import type { Client } from './main.js'
import { startProvider } from './provider.js'

/** OpenAI's own client. It is configured once the server has accepted its session. */
export function createClient(): Client {
  startProvider()
  const transport = new OpenAIRealtimeWebRTC()
  const session = new RealtimeSession(new RealtimeAgent({ name: 'shop', instructions: 'You sell tea.' }), {
    transport,
  })
  return {
    prepare: async () => undefined,
    async connect() {
      const configured = new Promise<void>((resolve) => {
        transport.on('*', ({ type }: { type: string }) => {
          if (type === 'session.updated') resolve()
        })
      })
      const answer = await fetch('/api/voice-agent/token', { method: 'POST' })
      const { token } = (await answer.json()) as { token: string }
      await session.connect({ apiKey: token })
      await configured
    },
  }
}
