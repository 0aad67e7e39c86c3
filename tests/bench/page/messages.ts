import type { Message } from 'redux-voice-agent'

const words =
  'the order you placed on tuesday has left our warehouse and should be with you by noon tomorrow'.split(' ')
const start = Date.UTC(2026, 0, 1)

/** A generated message of about 190 characters, deterministic by index. */
export function messageAt(index: number): Message {
  let seed = index + 1
  let text = ''
  while (text.length < 190) {
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296
    text += `${words[Math.floor(seed / 65_536) % words.length]} `
  }
  return {
    id: `message-${index}`,
    role: index % 2 ? 'assistant' : 'user',
    text: text.slice(0, 190),
    status: 'final',
    createdAt: start + index * 4_000,
  }
}

export const messagesUpTo = (count: number) => Array.from({ length: count }, (_, index) => messageAt(index))
