import type { Message, SessionHead, ToolCall } from '../../../../../store/index.js'
import { type Layout, SEGMENT_SIZE, segmentLength, segmentStart } from '../sessions/segments.js'
import { fileErrors } from './file-format.js'

/** First record of a file: the session without its messages. Contains no tab, device or token. */
export interface FileSession
  extends Pick<
    SessionHead,
    | 'id'
    | 'createdAt'
    | 'updatedAt'
    | 'startedAt'
    | 'endedAt'
    | 'reconnectAttempts'
    | 'messageCount'
    | 'draft'
    | 'title'
    | 'toolCallIds'
  > {
  /** The app's `persistence.version` when the session was stored. */
  schema: number
  segmentCount: number
  /** Numbers and lengths of segments that ended before they were full, excluding the last one. */
  lengths: [seq: number, length: number][]
}

/** Records between the first and the last one, ordered by `seq`. Lost segments have none. */
export interface FileSegment {
  seq: number
  messages: Message[]
}

/** Last record of a file: counts of the segments and messages before it. */
export interface FileEnd {
  segments: number
  messages: number
}

/** Maximum number of segments, for 67 million messages. A forged file could claim more, all of them lost. */
const MAX_SEGMENTS = 2 ** 20
/** Maximum length of an id. Ids from servers and this package have 21 to 64 characters. */
const MAX_ID_LENGTH = 256

type Fields = Record<string, unknown>

/** Other code with the passphrase may have written the file, so everything that enters the state is checked. */
function expectValid(isValid: boolean): asserts isValid {
  if (!isValid) throw fileErrors.damaged()
}

function fieldsOf(value: unknown): Fields {
  expectValid(typeof value === 'object' && value !== null && !Array.isArray(value))
  return value as Fields
}

function textOf(value: unknown): string {
  expectValid(typeof value === 'string')
  return value
}

function idOf(value: unknown): string {
  const id = textOf(value)
  expectValid(id !== '' && id.length <= MAX_ID_LENGTH)
  return id
}

/** Limit of a valid `Date`. */
const MAX_TIME = 8.64e15

function timeOf(value: unknown): number {
  expectValid(typeof value === 'number' && Math.abs(value) <= MAX_TIME)
  return value
}

const timeOrNull = (value: unknown) => (value === null ? null : timeOf(value))

function countOf(value: unknown): number {
  expectValid(Number.isSafeInteger(value) && (value as number) >= 0)
  return value as number
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T {
  expectValid(choices.includes(value as T))
  return value as T
}

/** Returns the field as an object to spread, so that an absent field stays absent. */
function optional<Name extends string, T>(
  fields: Fields,
  name: Name,
  read: (value: unknown) => T,
): { [key in Name]?: T } {
  const value = fields[name]
  return value === undefined ? {} : ({ [name]: read(value) } as { [key in Name]?: T })
}

const toolCallStatuses: readonly ToolCall['status'][] = [
  'running',
  'awaiting-approval',
  'completed',
  'failed',
  'declined',
  'cancelled',
  'unknown',
]

function toolOf(value: unknown): ToolCall {
  const fields = fieldsOf(value)
  return {
    name: textOf(fields.name),
    arguments: fields.arguments,
    status: oneOf(toolCallStatuses, fields.status),
    ...('result' in fields ? { result: fields.result } : {}),
    ...optional(fields, 'error', textOf),
    ...(fields.cancelledBy === 'reload' ? { cancelledBy: 'reload' } : {}),
  }
}

function messageOf(value: unknown): Message {
  const fields = fieldsOf(value)
  const { isUnsent } = fields
  expectValid(isUnsent === undefined || isUnsent === true)
  const role = oneOf(['user', 'assistant', 'system', 'tool'], fields.role)
  expectValid(role !== 'tool' || fields.tool !== undefined)
  return {
    id: idOf(fields.id),
    role,
    text: textOf(fields.text),
    status: oneOf(['streaming', 'final', 'interrupted'], fields.status),
    createdAt: timeOf(fields.createdAt),
    ...optional(fields, 'speechMs', timeOf),
    ...optional(fields, 'tool', toolOf),
    ...(isUnsent ? { isUnsent } : {}),
  }
}

function idsOf(value: unknown): readonly string[] {
  expectValid(Array.isArray(value))
  return value.map(idOf)
}

/** True if an id can be part of a record's key. */
function canBeKey(id: string): boolean {
  try {
    return encodeURIComponent(id) !== ''
  } catch {
    return false
  }
}

/** @throws VoiceAgentError `file-damaged` */
export function parseSession(record: unknown): FileSession {
  const fields = fieldsOf(fieldsOf(record).session)
  const id = idOf(fields.id)
  expectValid(canBeKey(id))
  const { lengths } = fields
  expectValid(Array.isArray(lengths))
  const session: FileSession = {
    id,
    schema: timeOf(fields.schema),
    createdAt: timeOf(fields.createdAt),
    updatedAt: timeOf(fields.updatedAt),
    startedAt: timeOrNull(fields.startedAt),
    endedAt: timeOrNull(fields.endedAt),
    reconnectAttempts: countOf(fields.reconnectAttempts),
    messageCount: countOf(fields.messageCount),
    segmentCount: countOf(fields.segmentCount),
    lengths: lengths.map((pair): [number, number] => {
      expectValid(Array.isArray(pair) && pair.length === 2)
      return [countOf(pair[0]), countOf(pair[1])]
    }),
    ...optional(fields, 'draft', textOf),
    ...optional(fields, 'title', textOf),
    ...optional(fields, 'toolCallIds', idsOf),
  }
  const last = session.segmentCount - 1
  expectValid(session.segmentCount <= MAX_SEGMENTS)
  expectValid(new Map(session.lengths).size === session.lengths.length)
  expectValid(session.lengths.every(([seq, length]) => seq < last && length < SEGMENT_SIZE))
  const inLast = session.messageCount - segmentStart(layoutOf(session), last)
  expectValid(last < 0 ? session.messageCount === 0 : inLast >= 0 && inLast <= SEGMENT_SIZE)
  return session
}

/** Returns the lengths of all segments but the last one. */
function layoutOf({ lengths }: FileSession): Layout {
  return { lengths: new Map(lengths), lost: new Set() }
}

/** Returns a function for the number of messages in a segment. */
export function createLengths(session: FileSession): (seq: number) => number {
  const layout = layoutOf(session)
  const last = session.segmentCount - 1
  const inLast = session.messageCount - segmentStart(layout, last)
  return (seq) => (seq === last ? inLast : segmentLength(layout, seq))
}

/** @throws VoiceAgentError `file-damaged` */
export function parseSegment(record: unknown): FileSegment {
  const { seq, messages } = fieldsOf(record)
  expectValid(Array.isArray(messages))
  const parsed = messages.map(messageOf)
  expectValid(new Set(parsed.map(({ id }) => id)).size === parsed.length)
  return { seq: countOf(seq), messages: parsed }
}

/** Returns null for a record that is not the last one. @throws VoiceAgentError `file-damaged` */
export function parseEnd(record: unknown): FileEnd | null {
  const { end } = fieldsOf(record)
  if (end === undefined) return null
  const { segments, messages } = fieldsOf(end)
  return { segments: countOf(segments), messages: countOf(messages) }
}
