import {
  cutOffMessage,
  giveUpToolCall,
  MAX_TITLE_LENGTH,
  type Message,
  toTitle,
  VoiceAgentError,
} from '../../../../store/index.js'
import { check } from '../options/check-options.js'
import { parseSegment } from '../storage/tools/file-content.js'
import { type Bytes, decodeText, encodeText } from './bytes.js'
import { FORMAT_VERSION } from './share-crypto.js'
import { ShareError } from './share-error.js'

/** Maximum bytes of a share before encryption. */
const MAX_SHARE_BYTES = 1_000_000
/** Maximum number of messages in a share. */
const MAX_SHARE_MESSAGES = 2_000

/** Messages to share. */
export interface ShareSelection {
  /** Messages of a conversation, oldest first, such as those from `selectMessages`, which returns loaded ones. Call `loadEarlierMessages()` for more. */
  messages: readonly Message[]
  /** Id of the first message to share. @default the first one */
  from?: string
  /** Id of the last message to share. @default the last one */
  to?: string
  /** Shares tool calls, with their arguments and results. @default false */
  includeTools?: boolean
  /** Heading for the reader: one line of up to 120 characters. @default none */
  title?: string
}

/** Content of a share, before it is created. Show it to the user: the share contains this and nothing else from the conversation. */
export interface SharePreview {
  title: string | null
  /** Messages with new ids, without drafts, tokens, session ids and unsent texts. */
  messages: readonly Message[]
  /** Counts of messages in the range that are left out. */
  omitted: { tools: number; unsent: number }
  /** Size before encryption. At most 1,000,000. */
  bytes: number
}

/** Content of a share. */
export interface ShareContent {
  title: string | null
  messages: readonly Message[]
}

/**
 * Returns the content of a share, without creating it. Message ids become numbers, because a provider's ids may identify its user.
 *
 * @throws ShareError `share-empty` if nothing in the range can be shared, `share-too-large`
 * @throws VoiceAgentError `invalid-option` if `messages` is not a list of messages, or if `from` or `to` is not a message, or they are in the wrong order
 * @example
 * const preview = previewShare({ messages, from: 'm3', to: 'm9' })
 * preview.omitted.tools // 2
 */
export function previewShare({
  messages,
  from,
  to,
  includeTools = false,
  title,
}: ShareSelection): SharePreview {
  check({ 'previewShare: messages': messages }, Array.isArray, 'a list of messages')
  const range = rangeOf(messages, from, to)
  const omitted = { tools: 0, unsent: 0 }
  const chosen: Message[] = []
  for (const message of range) {
    if (message.isUnsent) omitted.unsent++
    else if (message.role === 'tool' && !includeTools) omitted.tools++
    else if (message.text !== '' || message.tool || message.speechMs !== undefined)
      chosen.push(numbered(message, chosen.length))
  }
  const encoded = encodeContent({ title: toTitle(title), messages: chosen })
  // Returns the copy that a reader gets, without unshared fields or values that JSON can't represent.
  return { ...decodeOwn(encoded), omitted, bytes: encoded.length }
}

/** Decodes content that was just encoded. If that fails, the app has passed something other than messages. */
function decodeOwn(encoded: Bytes): ShareContent {
  try {
    return decodeContent(encoded)
  } catch {
    throw new VoiceAgentError(
      'invalid-option',
      'previewShare: messages must be the objects that `selectMessages` or `useMessages` returns.',
    )
  }
}

function rangeOf(messages: readonly Message[], from?: string, to?: string): readonly Message[] {
  const indexOf = (id: string | undefined, fallback: number) =>
    id === undefined ? fallback : messages.findIndex((message) => message.id === id)
  const [start, end] = [indexOf(from, 0), indexOf(to, messages.length - 1)]
  const isRange = from === undefined && to === undefined ? true : start >= 0 && end >= start
  if (!isRange)
    throw new VoiceAgentError(
      'invalid-option',
      'previewShare: from and to must be ids of messages, in their order.',
    )
  return messages.slice(start, end + 1)
}

/** A tool call that is still running for its owner is over for a reader, who must not approve it. */
function cutOff(message: Message): Message {
  const { isUnsent: _, ...rest } = cutOffMessage(message)
  return rest.tool ? { ...rest, tool: giveUpToolCall(rest.tool) } : rest
}

function numbered(message: Message, index: number): Message {
  return { ...cutOff(message), id: String(index + 1) }
}

/** @throws ShareError `share-empty`, `share-too-large` */
export function encodeContent({ title, messages }: ShareContent): Bytes {
  if (messages.length === 0) throw new ShareError('share-empty')
  if (messages.length > MAX_SHARE_MESSAGES) throw new ShareError('share-too-large')
  const bytes = encodeText(JSON.stringify({ v: FORMAT_VERSION, title, messages }))
  if (bytes.length > MAX_SHARE_BYTES) throw new ShareError('share-too-large')
  return bytes
}

/**
 * Reads the content of a share that anyone may have created. Drops unknown fields.
 *
 * @throws ShareError `share-unreadable`, `share-newer`
 */
export function decodeContent(bytes: Bytes): ShareContent {
  if (bytes.length > MAX_SHARE_BYTES) throw new ShareError('share-unreadable')
  try {
    const { v, title, messages } = JSON.parse(decodeText(bytes)) as Record<string, unknown>
    if (typeof v === 'number' && v > FORMAT_VERSION) throw new ShareError('share-newer')
    const isTitle = title === null || (typeof title === 'string' && title.length <= MAX_TITLE_LENGTH)
    if (v !== FORMAT_VERSION || !isTitle) throw new ShareError('share-unreadable')
    const parsed = parseSegment({ seq: 0, messages }).messages
    if (parsed.length === 0 || parsed.length > MAX_SHARE_MESSAGES) throw new ShareError('share-unreadable')
    return { title: toTitle(title), messages: parsed.map(cutOff) }
  } catch (error) {
    // No cause, because a JSON error quotes the text.
    throw error instanceof ShareError ? error : new ShareError('share-unreadable')
  }
}
