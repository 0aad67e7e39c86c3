import { type Bytes, type FileWriter, fileErrors, type OpenedFile } from './file-format.js'

/** Bytes before each record: the length of its JSON. */
const LENGTH_BYTES = 4
/** Maximum bytes of a record: no browser supports longer strings. */
const MAX_RECORD = 2 ** 29

const encoder = new TextEncoder()

/** Writes a value as JSON, preceded by its length. */
export async function writeRecord(writer: FileWriter, value: unknown): Promise<void> {
  const json = encoder.encode(JSON.stringify(value))
  const length = new DataView(new ArrayBuffer(LENGTH_BYTES))
  length.setUint32(0, json.length)
  await writer.write(new Uint8Array(length.buffer))
  await writer.write(json)
}

/** Buffers bytes until there are enough. */
class ByteQueue {
  #parts: Bytes[] = []
  length = 0

  push(part: Bytes): void {
    this.#parts.push(part)
    this.length += part.length
  }

  /** Removes and returns the first bytes. There must be enough. */
  take(length: number): Bytes {
    const taken: Bytes = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      const [part] = this.#parts as [Bytes]
      const used = part.subarray(0, length - at)
      taken.set(used, at)
      at += used.length
      if (used.length === part.length) this.#parts.shift()
      else this.#parts[0] = part.subarray(used.length)
    }
    this.length -= length
    return taken
  }
}

/**
 * Reads the records of a file, in order.
 *
 * @throws VoiceAgentError `file-truncated`, `file-damaged`
 */
export async function* readRecords(file: OpenedFile): AsyncGenerator<unknown> {
  const queue = new ByteQueue()
  let length: number | null = null
  for await (const chunk of file.read()) {
    queue.push(chunk)
    for (;;) {
      if (length === null && queue.length >= LENGTH_BYTES) {
        length = new DataView(queue.take(LENGTH_BYTES).buffer).getUint32(0)
        if (length > MAX_RECORD) throw fileErrors.damaged()
      }
      if (length === null || queue.length < length) break
      yield parse(queue.take(length))
      length = null
    }
  }
  if (length !== null || queue.length > 0) throw fileErrors.damaged()
}

function parse(json: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
  } catch {
    // No cause, because a JSON error quotes the text.
    throw fileErrors.damaged()
  }
}
