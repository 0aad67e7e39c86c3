import fc from 'fast-check'
import {
  createSharing,
  httpShareServer,
  openShare,
  previewShare,
  type ShareErrorCode,
  type ShareRole,
  type ShareServer,
  type StoredShare,
} from 'redux-voice-agent/share'
import { expect, it, vi } from 'vitest'
import { fromText } from '../../../src/lib/voice-agent/share/bytes.js'
import { toBase64Url } from '../../../src/lib/voice-agent/storage/records/record.js'
import { codeOf, conversation, createServer, messageOf, viewerUrl } from './support.js'

async function shareConversation(role: ShareRole = 'comment', double = createServer()) {
  const sharing = createSharing({ server: double.server, viewerUrl })
  const preview = previewShare({ messages: conversation, title: 'Teapots' })
  return { double, sharing, preview, ...(await sharing.share(preview, { role })) }
}

it('previews what is shared: no tool data, no unsent text, no ids, and nothing that is still running', () => {
  const preview = previewShare({ messages: conversation, title: '  Tea\npots ' })
  expect(preview.title).toBe('Tea pots')
  expect(preview.omitted).toEqual({ tools: 1, unsent: 1 })
  expect(preview.messages.map(({ id, text, status }) => [id, text, status])).toEqual([
    ['1', 'Do you have a teapot for two?', 'final'],
    ['2', 'We have three of them.', 'final'],
    ['3', '', 'final'],
    ['4', 'The blue one holds', 'interrupted'],
  ])
  expect(JSON.stringify(preview)).not.toMatch(/item_|findProducts|Not sent yet/)
})

it('shares tool calls if the user wants that, and settles pending ones', () => {
  const waiting = messageOf('t', '', {
    role: 'tool',
    tool: { name: 'pay', arguments: { sum: 3 }, status: 'awaiting-approval', isUndelivered: true },
  })
  const { messages } = previewShare({ messages: [...conversation, waiting], includeTools: true })
  expect(messages[1]?.tool).toEqual(conversation[1]?.tool)
  expect(messages.at(-1)?.tool).toEqual({ name: 'pay', arguments: { sum: 3 }, status: 'cancelled' })
})

it('shares a range, and rejects an invalid one', async () => {
  const texts = (from?: string, to?: string) =>
    previewShare({ messages: conversation, ...(from ? { from } : {}), ...(to ? { to } : {}) }).messages.map(
      ({ text }) => text,
    )
  expect(texts('item_3', 'item_4')).toEqual(['We have three of them.', ''])
  expect(texts('item_6')).toEqual(['The blue one holds'])
  const codeFor = (from: string, to?: string) => codeOf((async () => texts(from, to))())
  expect(await codeFor('item_9')).toBe('invalid-option')
  expect(await codeFor('item_4', 'item_3')).toBe('invalid-option')
  expect(await codeFor('item_5', 'item_5')).toBe('share-empty')
  expect(await codeOf((async () => previewShare({ messages: [] }))())).toBe('share-empty')
})

it('opens exactly what the preview showed', async () => {
  const { double, preview, link, receipt } = await shareConversation()
  expect(link).toMatch(/^https:\/\/shop\.example\/shared#[\w-]{22}\.[\w-]{43}$/)
  const opened = await openShare({ link, server: double.server })
  expect(opened.messages).toEqual(preview.messages)
  expect(opened.title).toBe('Teapots')
  expect([opened.role, opened.expiresAt]).toEqual(['comment', receipt.expiresAt])
  expect(receipt.expiresAt - receipt.createdAt).toBe(7 * 24 * 60 * 60 * 1000)
})

it('opens any conversation as it was shared, whatever its texts and times', async () => {
  const double = createServer({ maxShares: 1_000 })
  const sharing = createSharing({ server: double.server, viewerUrl })
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  const message = fc.record({
    role: fc.constantFrom('user' as const, 'assistant' as const, 'system' as const),
    text,
    status: fc.constantFrom('final' as const, 'interrupted' as const),
    createdAt: fc.integer({ min: 0, max: 8.64e15 }),
    speechMs: fc.integer({ min: 0, max: 1e6 }),
  })
  const tool = fc.record({ name: text, arguments: fc.jsonValue(), result: fc.jsonValue() })
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), tool, async (turns, call) => {
      const messages = [
        ...turns.map((turn, index) => ({ id: `item_${index}`, ...turn })),
        messageOf('tool', '', { role: 'tool', tool: { ...call, status: 'completed' } }),
      ]
      const preview = previewShare({ messages, includeTools: true })
      const { link } = await sharing.share(preview)
      const opened = await openShare({ link, server: double.server })
      expect(opened.messages).toEqual(preview.messages)
      expect(opened.messages).toEqual(messages.map((one, index) => ({ ...one, id: String(index + 1) })))
    }),
    { numRuns: 50 },
  )
})

it('rejects a share with any changed byte, and any changed field', async () => {
  const { double, link, receipt } = await shareConversation('view')
  const stored = await double.server.get(receipt.id)
  const openWith = (changed: unknown) =>
    codeOf(openShare({ link, server: { ...double.server, get: async () => changed as StoredShare } }))
  expect(await openWith(stored)).toBe('no error')
  const bytes = fromText(stored.data) ?? new Uint8Array()
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice()
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    expect(await openWith({ ...stored, data: toBase64Url(changed) }), `byte ${at}`).toBe('share-unreadable')
  }
  const changes: [Partial<Record<keyof StoredShare, unknown>>, ShareErrorCode][] = [
    [{ role: 'continue' }, 'share-unreadable'],
    [{ role: 'owner' }, 'share-unreadable'],
    [{ expiresAt: stored.expiresAt + 1 }, 'share-unreadable'],
    [{ expiresAt: '1' }, 'share-unreadable'],
    [{ data: '' }, 'share-unreadable'],
    [{ data: `${stored.data}=` }, 'share-unreadable'],
    [{ data: null }, 'share-unreadable'],
    [{ wrappedKey: 1 }, 'share-unreadable'],
    [{ v: 2 }, 'share-newer'],
    [{ v: '1' }, 'share-unreadable'],
  ]
  for (const [change, code] of changes)
    expect(await openWith({ ...stored, ...change }), JSON.stringify(change)).toBe(code)
  for (const answer of [null, 'a share', [], 7]) expect(await openWith(answer)).toBe('share-unreadable')
})

it('rejects another share from the same server under this link', async () => {
  const { double, sharing, preview, link } = await shareConversation()
  const other = await sharing.share(preview, { role: 'comment' })
  const server = { ...double.server, get: () => double.server.get(other.receipt.id) }
  expect(await codeOf(openShare({ link, server }))).toBe('share-unreadable')
})

it('distinguishes a link without a key, a wrong one and a damaged one', async () => {
  const { double, link } = await shareConversation()
  const open = (changed: string) => codeOf(openShare({ link: changed, server: double.server }))
  const [address = '', fragment = ''] = link.split('#')
  const [id = '', key = ''] = fragment.split('.')
  expect(await open(`#${fragment}`)).toBe('no error')
  expect(await open(address)).toBe('share-locked')
  expect(await open('')).toBe('share-locked')
  expect(await open(`${address}#`)).toBe('share-locked')
  expect(await open(`${address}#${id}`)).toBe('share-locked')
  expect(await open(link.slice(0, -1))).toBe('share-link-invalid')
  expect(await open(`${link}.`)).toBe('share-link-invalid')
  expect(await open(`${address}#${id}.`)).toBe('share-link-invalid')
  const swapped = `${key.startsWith('A') ? 'B' : 'A'}${key.slice(1)}`
  expect(await open(`${address}#${id}.${swapped}`)).toBe('share-unreadable')
  expect(await open(`${address}#${'A'.repeat(22)}.${key}`)).toBe('share-missing')
})

it('is gone with the next request after it was revoked, even for a page that has it open', async () => {
  const { double, sharing, link, receipt } = await shareConversation()
  const opened = await openShare({ link, server: double.server })
  await opened.comment('Lovely')
  expect(await codeOf(sharing.revoke({ ...receipt, revokeSecret: 'A'.repeat(43) }))).toBe('share-refused')
  expect(await codeOf(opened.refresh())).toBe('no error')
  await sharing.revoke(receipt)
  expect(await codeOf(opened.refresh())).toBe('share-revoked')
  expect(await codeOf(opened.comment('Still here?'))).toBe('share-revoked')
  expect(await codeOf(openShare({ link, server: double.server }))).toBe('share-revoked')
  // It stays revoked, even if it is revoked again.
  await sharing.revoke(receipt)
  await sharing.revoke({ id: 'A'.repeat(22), revokeSecret: receipt.revokeSecret })
})

it('shows nothing of a share that is revoked while it is being opened', async () => {
  const { double, sharing, link, receipt } = await shareConversation()
  const server: ShareServer = {
    ...double.server,
    async get(id) {
      const stored = await double.server.get(id)
      await sharing.revoke(receipt)
      return stored
    },
  }
  expect(await codeOf(openShare({ link, server }))).toBe('share-revoked')
})

it('expires on the server, and in the browser if the server forgets it', async () => {
  const { double, sharing, preview } = await shareConversation()
  const { link, receipt } = await sharing.share(preview, { expiresInMs: 60_000 })
  const opened = await openShare({ link, server: double.server })
  double.clock.now = receipt.expiresAt
  expect(await codeOf(opened.refresh())).toBe('share-expired')
  expect(await codeOf(openShare({ link, server: double.server }))).toBe('share-expired')
  double.clock.now += 30 * 24 * 60 * 60 * 1000
  expect(await codeOf(openShare({ link, server: double.server }))).toBe('share-missing')

  const { server } = createServer()
  const other = await createSharing({ server, viewerUrl }).share(preview, { expiresInMs: 60_000 })
  const clock = Date.now
  try {
    Date.now = () => other.receipt.expiresAt
    expect(await codeOf(openShare({ link: other.link, server }))).toBe('share-expired')
  } finally {
    Date.now = clock
  }
})

it('rejects invalid options before it sends a request', async () => {
  const { double, sharing, preview } = await shareConversation()
  const before = double.wire.length
  expect(await codeOf(sharing.share({ ...preview, messages: [] }))).toBe('share-empty')
  expect(await codeOf(sharing.share(preview, { expiresInMs: 1 }))).toBe('invalid-option')
  expect(await codeOf(sharing.share(preview, { expiresInMs: Number.NaN }))).toBe('invalid-option')
  expect(await codeOf(sharing.share(preview, { role: 'owner' as 'view' }))).toBe('invalid-option')
  for (const url of [
    'http://shop.example/',
    'ftp://localhost/',
    '/shared',
    'https://shop.example/#a',
    'https://shop.example/#',
  ])
    expect(await codeOf((async () => createSharing({ server: double.server, viewerUrl: url }))()), url).toBe(
      'invalid-option',
    )
  expect(double.wire).toHaveLength(before)
})

it('rejects oversized data on both sides', async () => {
  const long = messageOf('m', 'x'.repeat(1_000_001))
  expect(await codeOf((async () => previewShare({ messages: [long] }))())).toBe('share-too-large')
  const many = Array.from({ length: 2_001 }, (_, index) => messageOf(`m${index}`, 'x'))
  expect(await codeOf((async () => previewShare({ messages: many }))())).toBe('share-too-large')

  const { double, sharing, link } = await shareConversation()
  const preview = previewShare({ messages: [messageOf('m', 'ü'.repeat(499_000))] })
  const { link: largest } = await sharing.share(preview)
  expect((await openShare({ link: largest, server: double.server })).messages[0]?.text).toHaveLength(499_000)

  // A reader can't shorten it.
  double.alter = () => ({ status: 200, body: `"${'x'.repeat(1_500_001)}"` })
  expect(await codeOf(openShare({ link, server: double.server }))).toBe('share-unreadable')
  // A proxy's limit, which responds with a page.
  double.alter = () => ({ status: 413, body: '<html>' })
  expect(await codeOf(sharing.share(preview))).toBe('share-too-large')
})

it("does not mistake a proxy's page for a share, a revocation or a comment", async () => {
  const { double, sharing, preview, link, receipt } = await shareConversation()
  const opened = await openShare({ link, server: double.server })
  for (const status of [200, 201, 202]) {
    double.alter = () => ({ status, body: '<!doctype html>' })
    for (const request of [
      () => sharing.share(preview),
      () => sharing.revoke(receipt),
      () => opened.comment('Hello'),
      () => openShare({ link, server: double.server }),
      () => opened.refresh(),
    ])
      expect(await codeOf(request()), String(status)).toBe('share-unreachable')
  }
})

it('revokes a share whose confirmation was lost, because no one has its link', async () => {
  const { double, sharing, preview } = await shareConversation()
  double.alter = (answer, path) => (path.endsWith('/revoke') ? answer : { status: 502, body: '' })
  expect(await codeOf(sharing.share(preview))).toBe('share-unreachable')
  await vi.waitFor(() => expect(double.wire.filter((line) => line.includes('/revoke'))).toHaveLength(1))
  const id = /shares\/([\w-]+)\/revoke/.exec(double.wire.join('\n'))?.[1] ?? ''
  double.alter = (answer) => answer
  await vi.waitFor(async () => expect(await codeOf(double.server.get(id))).toBe('share-revoked'))
  // A rejection is final: nothing is stored.
  double.alter = () => ({ status: 507, body: '{"error":{"code":"share_full"}}' })
  expect(await codeOf(sharing.share(preview))).toBe('share-full')
  expect(double.wire.filter((line) => line.includes('/revoke'))).toHaveLength(1)
})

it('accepts a URL with a trailing slash', async () => {
  const urls: string[] = []
  const server = httpShareServer({
    url: '/api/shares/',
    async fetch(input) {
      urls.push(String(input))
      return new Response(null, { status: 204 })
    },
  })
  await createSharing({ server, viewerUrl }).revoke({ id: 'A'.repeat(22), revokeSecret: 'secret' })
  expect(urls).toEqual([`/api/shares/${'A'.repeat(22)}/revoke`])
})

it('reports the server as unreachable for any other response', async () => {
  const { double, link } = await shareConversation()
  for (const [status, body] of [
    [500, '{}'],
    [503, '<html>'],
    [404, '<html>'],
    [410, '{"error":{"code":"constructor"}}'],
    [401, 'null'],
  ] as const) {
    double.alter = () => ({ status, body })
    expect(await codeOf(openShare({ link, server: double.server })), String(status)).toBe('share-unreachable')
  }
  const server = { ...double.server, get: () => Promise.reject(new TypeError('Failed to fetch')) }
  expect(await codeOf(openShare({ link, server }))).toBe('share-unreachable')
})
