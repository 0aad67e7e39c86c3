/** One field of a protobuf message: `bytes` for strings and messages, `value` for numbers and flags. */
export interface ProtobufField {
  number: number
  value: number
  bytes: Uint8Array
}

const none = new Uint8Array()

/** Reads the fields of a message, without names. @throws RangeError if the bytes are not a message. */
export function* readFields(message: Uint8Array): Generator<ProtobufField> {
  let at = 0
  function varint(): number {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++]
      if (byte === undefined || shift > 2 ** 63) throw new RangeError('The message ends in a number.')
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const key = varint()
    const number = Math.floor(key / 8)
    const kind = key % 8
    if (kind === 0) {
      yield { number, value: varint(), bytes: none }
      continue
    }
    const length = kind === 2 ? varint() : kind === 1 ? 8 : kind === 5 ? 4 : Number.NaN
    if (!(at + length <= message.length)) throw new RangeError('The message ends in a field.')
    yield { number, value: 0, bytes: message.subarray(at, at + length) }
    at += length
  }
}

/** Returns the last field with this number, because later ones replace earlier ones. */
export function fieldOf(message: Uint8Array, number: number): ProtobufField | undefined {
  let found: ProtobufField | undefined
  for (const field of readFields(message)) if (field.number === number) found = field
  return found
}

const decoder = new TextDecoder()

/** Returns a field's text; empty if the message lacks the field. */
export const textOf = (message: Uint8Array, number: number) =>
  decoder.decode(fieldOf(message, number)?.bytes ?? none)
