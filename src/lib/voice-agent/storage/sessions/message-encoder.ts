import type { Message } from '../../../../../store/index.js'

const encoder = new TextEncoder()
const [open, comma, close] = encoder.encode('[,]') as unknown as [number, number, number]

/**
 * Encodes a segment's messages as bytes of JSON. Reuses the bytes of leading messages that are unchanged since the last
 * call, because usually only the last message changes.
 */
export class MessageEncoder {
  #messages: readonly Message[] = []
  /** Position after the JSON of each message. */
  #ends: number[] = []
  #bytes = new Uint8Array(16_384)

  /** Returns a copy. Its type is derived, because TypeScript before 5.7 can't read a generic `Uint8Array`. */
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
