import { createHash } from 'node:crypto'
import { createSharing, httpShareServer, openShare, previewShare, ShareError } from 'redux-voice-agent/share'
import { expect, it, vi } from 'vitest'
import { createVoiceServer } from '../../../examples/voice-app/server/app.js'
import { createShares } from '../../../examples/voice-app/server/shares.js'
import type { Message } from '../../../store/index.js'
import { codeOf, conversation, createServer, messageOf, viewerUrl } from './support.js'

const CANARY = 'canary-5f1d'
const canaries: readonly Message[] = [
  messageOf(`${CANARY}-id`, `${CANARY} text`),
  messageOf('tool', `${CANARY} tool text`, {
    role: 'tool',
    tool: { name: `${CANARY}-tool`, arguments: { [CANARY]: CANARY }, status: 'failed', error: CANARY },
  }),
]

it('sends no word, no name and no key to the server, and the server logs nothing', async () => {
  const printed: string[] = []
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed.push(String(text))
      return true
    }),
  )
  const wire: string[] = []
  const app = createVoiceServer()
  try {
    const address = await app.listen(0)
    const server = httpShareServer({
      url: `${address}/api/shares`,
      async fetch(input, init) {
        const response = await fetch(input, init)
        const answer = await response.clone().text()
        wire.push(String(input), JSON.stringify(init), JSON.stringify([...response.headers]), answer)
        return response
      },
    })
    const sharing = createSharing({ server, viewerUrl })
    const preview = previewShare({ messages: canaries, includeTools: true, title: `${CANARY} title` })
    const { link, receipt } = await sharing.share(preview, { role: 'comment' })
    const opened = await openShare({ link, server })
    expect(JSON.stringify(opened.messages)).toContain(CANARY)
    await opened.comment(`${CANARY} comment`, `${CANARY} author`)
    await sharing.revoke(receipt)
    expect(await codeOf(opened.refresh())).toBe('share-revoked')
    const key = link.split('.').at(-1) ?? ''
    const seen = [...wire, ...printed].join('\n')
    expect(seen).toContain(receipt.id)
    expect(seen).not.toContain(CANARY)
    expect(seen).not.toContain(Buffer.from(CANARY).toString('base64url').slice(0, -2))
    expect(key).toHaveLength(43)
    expect(seen).not.toContain(key)
    // Secrets are in bodies, not in URLs, which servers log.
    const addresses = wire.filter((text) => text.startsWith('http'))
    for (const secret of [key, receipt.revokeSecret]) expect(addresses.join('\n')).not.toContain(secret)
    expect(printed.join('')).not.toContain(receipt.id)
  } finally {
    for (const spy of spies) spy.mockRestore()
    await app.close()
  }
})

it('includes no text, key or address in its errors', async () => {
  const { server, wire } = createServer()
  const sharing = createSharing({ server, viewerUrl })
  const { link, receipt } = await sharing.share(previewShare({ messages: canaries, includeTools: true }))
  await sharing.revoke(receipt)
  const errors = [
    await openShare({ link, server }).catch((error) => error),
    await openShare({ link: `${link}x`, server }).catch((error) => error),
    await sharing.revoke({ id: '%', revokeSecret: CANARY }).catch((error) => error),
  ]
  for (const error of errors) {
    expect(error).toBeInstanceOf(ShareError)
    expect(String(error)).not.toMatch(new RegExp(`${CANARY}|${link.split('.').at(-1)}`))
  }
  // The server repeats nothing from a body in its errors.
  const answers = wire.filter((text) => text.startsWith('{"error"')).join('')
  expect(answers).not.toBe('')
  expect(answers).not.toContain(CANARY)
})

it('serves shares only on loopback, unless it is given a store', async () => {
  const app = createVoiceServer()
  try {
    const { port } = new URL(await app.listen(0, '0.0.0.0'))
    const response = await fetch(`http://127.0.0.1:${port}/api/shares/${'A'.repeat(22)}`)
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      404,
      'not_found',
    ])
  } finally {
    await app.close()
  }
})

it('accepts no malformed share, and binds each id to the first one', async () => {
  const { server, wire } = createServer()
  await createSharing({ server, viewerUrl }).share(previewShare({ messages: conversation }), {
    role: 'comment',
  })
  const put = wire.find((line) => line.startsWith('PUT')) ?? ''
  const valid = JSON.parse(put.slice(put.indexOf('} {') + 2))
  const app = createVoiceServer()
  const status = async (body: unknown, id = `${'B'.repeat(21)}A`) =>
    (await app.inject({ method: 'PUT', url: `/api/shares/${id}`, payload: body as object })).statusCode
  const changes: Record<string, unknown>[] = [
    { v: 2 },
    { role: 'owner' },
    { expiresAt: Date.now() - 1 },
    { expiresAt: Date.now() + 400 * 24 * 3600 * 1000 },
    { expiresAt: 1.5 },
    { data: '' },
    { data: '<b>' },
    { data: 7 },
    { wrappedKey: 'A'.repeat(201) },
    { revokeHash: 'A' },
    { revokeHash: null },
    { commentHash: undefined },
    { role: 'view' },
  ]
  for (const change of changes)
    expect(await status({ ...valid, ...change }), JSON.stringify(change)).toBe(400)
  expect(await status([])).toBe(400)
  expect(await status(valid, 'short')).toBe(400)
  expect(await status({ ...valid, data: 'A'.repeat(1_400_000) })).toBe(413)
  expect(await status(valid)).toBe(204)
  expect(await status(valid)).toBe(409)
  await app.close()
})

it('accepts no malformed or long comment', async () => {
  const { server, wire } = createServer()
  const sharing = createSharing({ server, viewerUrl })
  const { link, receipt } = await sharing.share(previewShare({ messages: conversation }), { role: 'comment' })
  await (await openShare({ link, server })).comment('Hello')
  const sent = wire.find((line) => line.startsWith('POST')) ?? ''
  const { secret } = JSON.parse(sent.slice(sent.indexOf('} {') + 2))
  const add = (id: unknown, data: unknown) =>
    codeOf(server.addComment(receipt.id, secret, { id, data } as never))
  const id = 'B'.repeat(22)
  for (const wrong of ['B'.repeat(21), 'B'.repeat(23), '', 7, { toString: 1 }])
    expect(await add(wrong, 'AAAA'), String(JSON.stringify(wrong))).toBe('share-unreachable')
  for (const wrong of ['', '<b>', 7, null])
    expect(await add(id, wrong), String(wrong)).toBe('share-unreachable')
  expect(await add(id, 'A'.repeat(34_001))).toBe('share-too-large')
  expect(await server.listComments(receipt.id, 0)).toHaveLength(1)
})

it('keeps at most 1,000 ids of deleted shares', async () => {
  const shares = createShares()
  const hash = createHash('sha256').update('secret').digest('base64url')
  const share = { v: 1, role: 'view', expiresAt: Date.now() + 3_600_000, data: 'AAAA', revokeHash: hash }
  const idOf = (index: number) => String(index).padStart(22, '0')
  for (let index = 0; index <= 1_000; index++) {
    shares.put(idOf(index), share)
    shares.revoke(idOf(index), { secret: 'secret' })
  }
  const codeAt = (index: number) => codeOf((async () => shares.get(idOf(index)))())
  expect([await codeAt(0), await codeAt(1), await codeAt(1_000)]).toEqual([
    'share_missing',
    'share_revoked',
    'share_revoked',
  ])
})

it('is full after a number of shares, until one is revoked', async () => {
  const { server } = createServer({ maxShares: 2 })
  const sharing = createSharing({ server, viewerUrl })
  const preview = previewShare({ messages: conversation })
  const { receipt } = await sharing.share(preview)
  await sharing.share(preview)
  expect(await codeOf(sharing.share(preview))).toBe('share-full')
  await sharing.revoke(receipt)
  expect(await codeOf(sharing.share(preview))).toBe('no error')
})
