import {
  createSharing,
  httpShareServer,
  openShare,
  previewShare,
  ShareError,
  type ShareServer,
} from 'redux-voice-agent/share'
import { asPerson, createShareKeys, toPerson } from 'redux-voice-agent/share/people'
import { expect, it, onTestFinished, vi } from 'vitest'
import { codeOf, conversation, createServer, viewerUrl } from './support.js'

const preview = previewShare({ messages: conversation })
const reason = new Error('The owner closed the dialog.')

/** Waits for the request that revokes the share. Returns the share's id. */
async function revokedIn(wire: readonly string[]): Promise<string> {
  await vi.waitFor(() => expect(wire.filter((line) => line.includes('/revoke'))).toHaveLength(1))
  return /shares\/([\w-]+)\/revoke/.exec(wire.join('\n'))?.[1] ?? ''
}

it('rejects before it does anything if the signal has aborted already', async () => {
  const { server, wire } = createServer()
  const to = vi.fn()
  const options = { to, signal: AbortSignal.abort(reason) }
  await expect(createSharing({ server, viewerUrl }).share(preview, options)).rejects.toBe(reason)
  expect(to).not.toHaveBeenCalled()
  expect(wire).toEqual([])
})

it.each(['importKey', 'deriveKey', 'deriveBits', 'encrypt', 'digest'] as const)(
  'sends no request if the owner cancels during %s',
  async (method) => {
    const { server, wire } = createServer()
    const controller = new AbortController()
    const original = crypto.subtle[method] as (...args: unknown[]) => Promise<unknown>
    const spy = vi.spyOn(crypto.subtle, method).mockImplementation((...args: unknown[]) => {
      controller.abort(reason)
      return original.apply(crypto.subtle, args) as never
    })
    onTestFinished(() => spy.mockRestore())
    const to = vi.fn(async () => 'AAAA')
    const options = { role: 'comment', to, signal: controller.signal } as const
    await expect(createSharing({ server, viewerUrl }).share(preview, options)).rejects.toBe(reason)
    expect(spy).toHaveBeenCalled()
    expect(to.mock.calls).toHaveLength(method === 'digest' ? 1 : 0)
    expect(wire).toEqual([])
  },
)

it.each([
  ['it works', async () => 'AAAA'],
  ['it fails', () => Promise.reject(new Error('The dialog of the app was closed.'))],
])(
  'sends no request if the owner cancels while the key is encrypted for a person, and %s',
  async (_, wrap) => {
    const { server, wire } = createServer()
    const controller = new AbortController()
    const to = () => {
      controller.abort(reason)
      return wrap()
    }
    const options = { to, signal: controller.signal }
    await expect(createSharing({ server, viewerUrl }).share(preview, options)).rejects.toBe(reason)
    expect(wire).toEqual([])
  },
)

it('cancels the request, and revokes the share that the server may have stored', async () => {
  const double = createServer()
  const controller = new AbortController()
  const server = httpShareServer({
    url: '/api/shares',
    async fetch(input, init) {
      if (init?.method !== 'PUT') return double.fetch(input, init)
      await double.fetch(input, init)
      controller.abort(reason)
      init.signal?.throwIfAborted()
      throw new Error('The request was not cancelled.')
    },
  })
  const { signal } = controller
  await expect(createSharing({ server, viewerUrl }).share(preview, { signal })).rejects.toBe(reason)
  const id = await revokedIn(double.wire)
  await vi.waitFor(async () => expect(await codeOf(double.server.get(id))).toBe('share-revoked'))
})

it.each([
  ['confirms', 'share-revoked', async () => {}],
  ['refuses', 'share-missing', null],
] as const)(
  'rejects with the reason if a server that ignores the signal %s the share',
  async (_, code, after) => {
    const double = createServer()
    const controller = new AbortController()
    const put: ShareServer['put'] = async (id, share) => {
      controller.abort(reason)
      if (after === null) throw new Error('There is no more space.')
      await double.server.put(id, share)
    }
    const server = { ...double.server, put }
    const { signal } = controller
    await expect(createSharing({ server, viewerUrl }).share(preview, { signal })).rejects.toBe(reason)
    const id = await revokedIn(double.wire)
    await vi.waitFor(async () => expect(await codeOf(double.server.get(id))).toBe(code))
  },
)

it('rejects with the reason even if the share could not be revoked', async () => {
  const double = createServer()
  const controller = new AbortController()
  double.alter = (answer, path) => {
    controller.abort(reason)
    return path.endsWith('/revoke') ? { status: 502, body: '' } : answer
  }
  const { signal } = controller
  await expect(createSharing({ server: double.server, viewerUrl }).share(preview, { signal })).rejects.toBe(
    reason,
  )
  await revokedIn(double.wire)
})

it('revokes a cancelled share that reaches the server only after the first request to revoke it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const double = createServer()
  const controller = new AbortController()
  const late: (() => Promise<void>)[] = []
  const put: ShareServer['put'] = async (id, share) => {
    late.push(() => double.server.put(id, share))
    controller.abort(reason)
    throw reason
  }
  const revoke = vi.fn<ShareServer['revoke']>(async (id, secret) => {
    try {
      await double.server.revoke(id, secret)
    } finally {
      for (const arrive of late.splice(0)) await arrive()
    }
  })
  const sharing = createSharing({ server: { ...double.server, put, revoke }, viewerUrl })
  await expect(sharing.share(preview, { signal: controller.signal })).rejects.toBe(reason)
  const revoked = async () => codeOf(double.server.get(revoke.mock.calls[0]?.[0] ?? ''))
  await vi.waitFor(async () => expect(await revoked()).toBe('share-revoked'))
  expect(revoke).toHaveBeenCalledTimes(2)
})

it('leaves a finished share alone if the signal aborts later, and needs no signal', async () => {
  const { server, wire } = createServer()
  const controller = new AbortController()
  const { publicKey, keyPair } = await createShareKeys()
  const { link } = await createSharing({ server, viewerUrl }).share(preview, {
    to: toPerson(publicKey),
    signal: controller.signal,
  })
  controller.abort(reason)
  expect((await openShare({ link, server, keys: asPerson(keyPair) })).messages).toEqual(preview.messages)
  expect(wire.filter((line) => line.includes('/revoke'))).toEqual([])
})

it('revokes a share whose upload is answered with something endless, and says that the server is unreachable', async () => {
  const double = createServer()
  double.alter = (answer, path) =>
    path.endsWith('/revoke') ? answer : { status: 200, body: 'x'.repeat(2_000_000) }
  const shared = createSharing({ server: double.server, viewerUrl }).share(preview)
  expect(await codeOf(shared)).toBe('share-unreachable')
  const id = await revokedIn(double.wire)
  double.alter = (answer) => answer
  await vi.waitFor(async () => expect(await codeOf(double.server.get(id))).toBe('share-revoked'))
})

it.each(['share-missing', 'share-newer', 'share-unreadable'] as const)(
  'revokes a share if the server stored it and answers %s',
  async (code) => {
    const double = createServer()
    const put: ShareServer['put'] = async (id, share) => {
      await double.server.put(id, share)
      throw new ShareError(code)
    }
    const shared = createSharing({ server: { ...double.server, put }, viewerUrl }).share(preview)
    expect(await codeOf(shared)).toBe(code)
    const id = await revokedIn(double.wire)
    await vi.waitFor(async () => expect(await codeOf(double.server.get(id))).toBe('share-revoked'))
  },
)
