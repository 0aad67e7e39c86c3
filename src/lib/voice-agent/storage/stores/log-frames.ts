import type { ByteBatch, BytePut } from './byte-store.js'

/**
 * Layout of a log file: a header, then one frame per batch.
 *
 * Header: magic `RVAL`, version 1. A file that has zeros instead is an unfinished compaction.
 * Frame: length of the body, CRC-32 of the body, body. A page that closes during a write leaves a truncated last frame. Such a write was
 * not reported as stored.
 * Body: JSON `{ remove, put: [key, updatedAt, length][] }`, preceded by its length and followed by the values.
 */
export const HEADER = Uint8Array.of(0x52, 0x56, 0x41, 0x4c, 1, 0, 0, 0)
const FRAME_PREFIX = 8

/** Place of a value in the log file. */
export interface Place {
  start: number
  length: number
  updatedAt: number | null
}

interface BodyHead {
  remove: ByteBatch['remove']
  put: [key: string, updatedAt: number | null, length: number][]
}

/** One batch of the log: the keys and ranges it removes, and the positions of the values it puts. */
export interface LogFrame {
  remove: ByteBatch['remove']
  put: [key: string, place: Place][]
  /** Position after the frame. */
  end: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Encodes a batch as a frame. */
export function encodeFrame(remove: ByteBatch['remove'], put: readonly BytePut[]): Uint8Array<ArrayBuffer> {
  const head: BodyHead = {
    remove,
    put: put.map(({ key, updatedAt, value }) => [key, updatedAt, value.length]),
  }
  const json = encoder.encode(JSON.stringify(head))
  const length = put.reduce((sum, { value }) => sum + value.length, 4 + json.length)
  const frame = new Uint8Array(FRAME_PREFIX + length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, length)
  view.setUint32(FRAME_PREFIX, json.length)
  frame.set(json, FRAME_PREFIX + 4)
  let position = FRAME_PREFIX + 4 + json.length
  for (const { value } of put) {
    frame.set(value, position)
    position += value.length
  }
  view.setUint32(4, checksum(frame.subarray(FRAME_PREFIX)))
  return frame
}

/**
 * Decodes the frames in a part of a log. Skips damaged frames and everything after the last complete frame.
 *
 * @param from Position of `part` in the file.
 */
export function decodeFrames(part: Uint8Array, from: number): LogFrame[] {
  const frames: LogFrame[] = []
  let position = 0
  while (position < part.length) {
    const frame = decodeFrame(part, position, from)
    if (frame) {
      frames.push(frame)
      position = frame.end - from
    } else {
      position = nextCandidate(part, position + 1)
    }
  }
  return frames
}

function decodeFrame(part: Uint8Array, position: number, from: number): LogFrame | null {
  const start = position + FRAME_PREFIX
  if (start + 4 > part.length) return null
  const view = new DataView(part.buffer, part.byteOffset, part.length)
  const end = start + view.getUint32(position)
  if (end > part.length || end < start + 4) return null
  if (checksum(part.subarray(start, end)) !== view.getUint32(position + 4)) return null
  const jsonEnd = start + 4 + view.getUint32(start)
  const { remove, put } = JSON.parse(decoder.decode(part.subarray(start + 4, jsonEnd))) as BodyHead
  let valueStart = from + jsonEnd
  const places = put.map(([key, updatedAt, length]): [string, Place] => {
    const place = { start: valueStart, length, updatedAt }
    valueStart += length
    return [key, place]
  })
  return { remove, put: places, end: from + end }
}

const mark = encoder.encode('{"remove":')

/** Finds the next position where a frame may begin, by the first characters of its JSON. */
function nextCandidate(part: Uint8Array, from: number): number {
  for (let at = from + FRAME_PREFIX + 4; at + mark.length <= part.length; at++) {
    if (mark.every((byte, index) => part[at + index] === byte)) return at - FRAME_PREFIX - 4
  }
  return part.length
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** CRC-32, to detect interrupted writes. AES-GCM detects changed content. */
export function checksum(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (const byte of bytes) value = (table[(value ^ byte) & 255] as number) ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}
