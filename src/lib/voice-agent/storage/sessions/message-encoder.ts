import type { Message } from '../../../../../store/index.js'

const encoder = new TextEncoder()
const [open, comma, close] = encoder.encode('[,]') as unknown as [number, number, number]

/**
 * The JSON of a segment's messages, in bytes. What a segment begins with is as a rule what it began with the last time: that is
 * kept, and only the messages that follow are worked out.
 */
export class MessageEncoder {
  #messages: readonly Message[] = []
  /** Where the JSON of each of them ends. */
  #ends: number[] = []
  #bytes = new Uint8Array(16_384)

  /** A copy for the caller to keep. Its type is named so that TypeScript before 5.7, where byte arrays are not generic, can read it. */
  encode(messages: readonly Message[]): ReturnType<Uint8Array['slice']> {
    const known = Math.min(this.#ends.length, messages.length)
    let same = 0
    while (same < known && messages[same] === this.#messages[same]) same++
    this.#messages = messages
    this.#ends.length = same
    for (let index = same; index < messages.length; index++) this.#append(messages[index] as Message)
    const end = this.#ends.at(-1) ?? 1
    this.#bytes[0] = open
    this.#bytes[end] = close
    return this.#bytes.slice(0, end + 1)
  }

  #append(message: Message): void {
    const json = encoder.encode(JSON.stringify(message))
    const isFirst = this.#ends.length === 0
    const start = (this.#ends.at(-1) ?? 0) + 1
    const end = start + json.length
    this.#makeRoomFor(end + 1)
    if (!isFirst) this.#bytes[start - 1] = comma
    this.#bytes.set(json, start)
    this.#ends.push(end)
  }

  #makeRoomFor(length: number): void {
    if (length <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
