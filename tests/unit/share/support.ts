import { httpShareServer, type ShareServer } from 'redux-voice-agent/share'
import { createVoiceServer } from '../../../examples/voice-app/server/app.js'
import { createShares } from '../../../examples/voice-app/server/shares.js'
import type { Message } from '../../../store/index.js'

export const viewerUrl = 'https://shop.example/shared'

export function messageOf(id: string, text: string, more: Partial<Message> = {}): Message {
  return { id, role: 'user', text, status: 'final', createdAt: 1_700_000_000_000, ...more }
}

export const conversation: readonly Message[] = [
  messageOf('item_1', 'Do you have a teapot for two?'),
  messageOf('item_2', '', {
    role: 'tool',
    tool: { name: 'findProducts', arguments: { q: 'teapot' }, status: 'completed', result: [42] },
  }),
  messageOf('item_3', 'We have three of them.', { role: 'assistant' }),
  messageOf('item_4', '', { speechMs: 1_200 }),
  messageOf('item_5', 'Not sent yet', { isUnsent: true }),
  messageOf('item_6', 'The blue one holds', { role: 'assistant', status: 'streaming' }),
]

/** Returns the code of the promise's error. */
export async function codeOf(task: Promise<unknown>): Promise<string> {
  try {
    await task
    return 'no error'
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error)
  }
}

export interface ServerDouble {
  server: ShareServer
  /** The server behind `fetch`. It finishes a request even if that is cancelled. */
  fetch: typeof fetch
  /** Method, path, headers and body of each request, and the body of each response. */
  wire: string[]
  /** Replaces or changes the server's response. */
  alter: (answer: { status: number; body: string }, path: string) => { status: number; body: string }
  /** The server's time, in milliseconds since the epoch. */
  clock: { now: number }
}

/** The example's server behind `httpShareServer`, without a port. */
export function createServer(options: { maxShares?: number } = {}): ServerDouble {
  const clock = { now: Date.now() }
  const now = () => clock.now
  const app = createVoiceServer({ now, shares: createShares({ now, ...options }) })
  const double: ServerDouble = {
    wire: [],
    alter: (answer) => answer,
    clock,
    async fetch(input, { method = 'GET', headers, body } = {}) {
      const path = String(input)
      double.wire.push(`${method} ${path} ${JSON.stringify(headers ?? {})} ${String(body ?? '')}`)
      const reply = await app.inject({
        method: method as 'GET',
        url: path,
        headers: headers as Record<string, string>,
        ...(typeof body === 'string' ? { payload: body } : {}),
      })
      const answer = double.alter({ status: reply.statusCode, body: reply.body }, path)
      double.wire.push(answer.body)
      return new Response(answer.status === 204 ? null : answer.body, { status: answer.status })
    },
    server: httpShareServer({ url: '/api/shares', fetch: (input, init) => double.fetch(input, init) }),
  }
  return double
}
