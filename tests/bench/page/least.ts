import type { Message } from 'redux-voice-agent'
import { encryptedBlobs } from './encrypted-blobs.js'
import type { Engine } from './engine.js'

/** Messages in a segment of ours, on the average of its growth. */
const HALF_SEGMENT = 32

/** The least that saving a message can cost: the last few encrypted as one blob, and put. It keeps no conversation. */
export function least(): Engine {
  const blobs = encryptedBlobs('bench-least')
  let messages: Message[] = []
  const add = (message: Message) => {
    messages = [...messages, message].slice(-HALF_SEGMENT)
  }

  return {
    async seed() {},
    open: () => blobs.open(),
    read: async () => JSON.parse((await blobs.get('newest')) ?? '[]').length,
    async start() {
      await blobs.open()
      return 0
    },
    save(message) {
      add(message)
      return blobs.put('newest', JSON.stringify(messages))
    },
    reduce: add,
  }
}
