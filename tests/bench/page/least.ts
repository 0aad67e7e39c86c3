import type { Message } from 'redux-voice-agent'
import { encryptedBlobs } from './encrypted-blobs.js'
import type { Engine } from './engine.js'

/** Average number of messages in a partly filled segment. */
const HALF_SEGMENT = 32

/** Lower bound for saving a message: the last few messages encrypted as one blob, and put. It stores no conversation. */
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
