import { createSharing, openShare, previewShare, type StoredShare } from 'redux-voice-agent/share'
import { expect, it } from 'vitest'
import { encodeText } from '../../../src/lib/voice-agent/share/bytes.js'
import { decodeContent } from '../../../src/lib/voice-agent/share/share-content.js'
import {
  contentInfo,
  createId,
  createKey,
  deriveKeyring,
  encrypt,
} from '../../../src/lib/voice-agent/share/share-crypto.js'
import { formatLink } from '../../../src/lib/voice-agent/share/share-link.js'
import { hostileTexts } from '../../support/hostile-texts.js'
import { codeOf, createServer, messageOf, viewerUrl } from './support.js'

it.each(hostileTexts)('keeps %j unchanged, in every field', async (text) => {
  const { server } = createServer()
  const messages = [
    messageOf(text || 'id', text || 'x'),
    messageOf('b', text, { role: 'assistant', status: 'interrupted', speechMs: 1 }),
    messageOf('c', text, {
      role: 'tool',
      tool: { name: text, arguments: { [text]: text }, status: 'failed', result: [text], error: text },
    }),
  ]
  const preview = previewShare({ messages, includeTools: true, title: text })
  const { link } = await createSharing({ server, viewerUrl }).share(preview, { role: 'comment' })
  const opened = await openShare({ link, server })
  expect(opened.messages).toEqual(messages.map((message, index) => ({ ...message, id: String(index + 1) })))
  expect(opened.title).toBe(preview.title)
  if (text.trim() === '' || text.length > 100) return
  await opened.comment(text, text)
  const other = await openShare({ link, server })
  expect(other.comments.map(({ text: said, author }) => [said, author])).toEqual([[text.trim(), text.trim()]])
})

const turn = { id: '1', role: 'user', text: 'x', status: 'final', createdAt: 1 }
/** Contents encrypted by another program with the right key. */
const forged: [name: string, content: unknown][] = [
  ['content that is not an object', 'text'],
  ['null', null],
  ['a list', []],
  ['no version', { title: null, messages: [turn] }],
  ['another version', { v: 0, title: null, messages: [turn] }],
  ['no messages', { v: 1, title: null, messages: [] }],
  ['messages that are not a list', { v: 1, title: null, messages: { length: 1 } }],
  ['a title that is not a string', { v: 1, title: { toString: 'x' }, messages: [turn] }],
  ['a long title', { v: 1, title: 'x'.repeat(121), messages: [turn] }],
  ['two messages with one id', { v: 1, title: null, messages: [turn, turn] }],
  ['a text that is not a string', { v: 1, title: null, messages: [{ ...turn, text: { html: '<b>' } }] }],
  ['an unknown role', { v: 1, title: null, messages: [{ ...turn, role: 'owner' }] }],
  ['an unknown status', { v: 1, title: null, messages: [{ ...turn, status: 'x' }] }],
  ['an invalid date', { v: 1, title: null, messages: [{ ...turn, createdAt: 9e15 }] }],
  ['a tool without a call', { v: 1, title: null, messages: [{ ...turn, role: 'tool' }] }],
  [
    'a name that is not a string',
    { v: 1, title: null, messages: [{ ...turn, tool: { name: 1, status: 'failed' } }] },
  ],
  [
    'too many messages',
    {
      v: 1,
      title: null,
      messages: Array.from({ length: 2_001 }, (_, index) => ({ ...turn, id: String(index) })),
    },
  ],
]

it.each(forged)('rejects %s', async (_name, content) => {
  const { server } = createServer()
  const header = { id: createId(), role: 'view' as const, expiresAt: Date.now() + 60_000 }
  const key = createKey()
  const keyring = await deriveKeyring(key, header.id)
  const data = await encrypt(keyring.content, encodeText(JSON.stringify(content)), contentInfo(header))
  const get = async (): Promise<StoredShare> => ({ ...header, v: 1, data })
  const link = formatLink(viewerUrl, { id: header.id, key })
  expect(await codeOf(openShare({ link, server: { ...server, get } }))).toBe('share-unreadable')
})

it('rejects an expiry that is not a date, which no page could show', async () => {
  const { server } = createServer()
  const key = createKey()
  const open = async (expiresAt: number) => {
    const header = { id: createId(), role: 'view' as const, expiresAt }
    const { content } = await deriveKeyring(key, header.id)
    const text = JSON.stringify({ v: 1, title: null, messages: [turn] })
    const data = await encrypt(content, encodeText(text), contentInfo(header))
    const link = formatLink(viewerUrl, { id: header.id, key })
    const get = async (): Promise<StoredShare> => ({ ...header, v: 1, data })
    return openShare({ link, server: { ...server, get, listComments: async () => [] } })
  }
  expect((await open(8.64e15)).messages).toHaveLength(1)
  expect(await codeOf(open(8.64e15 + 1))).toBe('share-unreadable')
})

it('drops unknown fields, and what only the owner may do', () => {
  const json = `{"v":1,"title":null,"__proto__":{"polluted":1},"messages":[{"id":"1","role":"tool","text":"","status":"streaming",
    "createdAt":1,"html":"<b>","isUnsent":true,"__proto__":{"polluted":1},
    "tool":{"name":"pay","arguments":{},"status":"awaiting-approval","isUndelivered":true,"onClick":"x"}}]}`
  expect(decodeContent(encodeText(json))).toEqual({
    title: null,
    messages: [
      {
        id: '1',
        role: 'tool',
        text: '',
        status: 'interrupted',
        createdAt: 1,
        tool: { name: 'pay', arguments: {}, status: 'cancelled' },
      },
    ],
  })
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
  expect(() => decodeContent(encodeText('{"v":2,"title":null,"messages":[]}'))).toThrow(/share-newer/)
  expect(() => decodeContent(encodeText('{'))).toThrow(/share-unreadable/)
  expect(() => decodeContent(new Uint8Array([0xff, 0xfe]))).toThrow(/share-unreadable/)
})
