import type { Message } from 'redux-voice-agent'
import { encryptedBlobs } from './encrypted-blobs.js'
import type { Engine } from './engine.js'

/** Lower bound for storing a whole conversation: one blob, encrypted and written, decrypted and parsed. */
export function floor(): Engine {
  const blobs = encryptedBlobs('bench-floor')
  let messages: Message[] = []

  async function read(): Promise<number> {
    messages = JSON.parse((await blobs.get('conversation')) ?? '[]')
    return messages.length
  }
  return {
    async seed(all) {
      await blobs.open()
      await blobs.put('conversation', JSON.stringify(all))
    },
    open: () => blobs.open(),
    read,
    async start() {
      await blobs.open()
      return read()
    },
    save(message) {
      messages = [...messages, message]
      return blobs.put('conversation', JSON.stringify(messages))
    },
    reduce(message) {
      messages = [...messages, message]
    },
  }
}
