import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { presignedStore, type SignRequest } from 'redux-voice-agent/backup'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createVoiceServer, type VoiceServerOptions } from '../../../examples/voice-app/server/app.js'
import { folderFiles } from '../../../examples/voice-app/server/backup-files.js'
import { createBackups, objectLimit } from '../../../examples/voice-app/server/backups.js'
import { createS3Signer } from '../../../examples/voice-app/server/s3-signer.js'

const DAY_MS = 24 * 60 * 60 * 1000

function open(options: VoiceServerOptions = {}) {
  const server = createVoiceServer(options)
  onTestFinished(() => server.close())

  const sign = (payload: object | string, type = 'application/json') =>
    server.inject({ method: 'POST', url: '/api/backup/sign', headers: { 'content-type': type }, payload })

  /** Sends requests as a browser does: without a content type for bytes. */
  const send: typeof fetch = async (url, { method = 'GET', body } = {}) => {
    const reply = await server.inject({
      method: method as 'GET',
      url: String(url),
      ...(body ? { payload: Buffer.from(body as Uint8Array) } : {}),
    })
    return new Response(reply.statusCode === 204 ? null : new Uint8Array(reply.rawPayload), {
      status: reply.statusCode,
    })
  }
  const store = presignedStore({ sign: async (request) => (await sign(request)).payload, fetch: send })
  return { server, sign, send, store }
}

describe('the object store of the example', () => {
  it('puts, reads, lists and deletes objects, by signed URLs', async () => {
    const { store } = open()
    expect(await store.get('object/a')).toBeNull()
    await store.put('object/a', Uint8Array.of(1, 2))
    await store.put('object/a', Uint8Array.of(1, 2))
    await store.put('key/b', Uint8Array.of(3))
    expect(await store.get('object/a')).toEqual(Uint8Array.of(1, 2))
    expect(await store.list('object/')).toEqual(['object/a'])
    await store.delete('object/a')
    await store.delete('object/a')
    expect(await store.list('object/')).toEqual([])
    expect(await store.list('key/')).toEqual(['key/b'])
  })

  it('lists more than one page', async () => {
    const { store } = open({ backups: createBackups({ pageSize: 3 }) })
    const names = Array.from({ length: 8 }, (_, index) => `object/${index}`)
    for (const name of names) await store.put(name, Uint8Array.of(1))
    expect(await store.list('object/')).toEqual(names)
  })

  it('accepts a URL for its own method and object only, and for a minute', async () => {
    let now = Date.UTC(2026, 7, 1)
    const { store, sign, send } = open({ now: () => now })
    await store.put('object/a', Uint8Array.of(1))
    await store.put('object/b', Uint8Array.of(2))
    const url = (await sign({ method: 'GET', name: 'object/a' })).payload
    expect((await send(url)).status).toBe(200)
    expect((await send(url, { method: 'DELETE' })).status).toBe(403)
    expect((await send(url, { method: 'PUT', body: Uint8Array.of(9) })).status).toBe(403)
    expect((await send(url.replace('object/a', 'object/b'))).status).toBe(403)
    expect((await send(url.replace('/object/a', ''))).status).toBe(403)
    expect((await send('/api/backup/objects/object/a')).status).toBe(403)
    expect((await send(url.replace(/expires=\d+/, `expires=${now + DAY_MS}`))).status).toBe(403)
    now += 61_000
    expect((await send(url)).status).toBe(403)
  })

  it.each([
    [{ method: 'POST', name: 'object/a' }],
    [{ method: 'GET', name: '../key' }],
    [{ method: 'GET', name: '' }],
    [{ method: 'GET' }],
    [{ method: 'LIST', name: 'a', cursor: 5 }],
    [[]],
  ])('does not sign %j', async (request) => {
    expect((await open().sign(request)).statusCode).toBe(400)
  })

  it('signs only JSON, which another origin can not send without being asked', async () => {
    const body = JSON.stringify({ method: 'GET', name: 'object/a' })
    expect((await open().sign(body, 'text/plain')).statusCode).toBe(415)
  })

  it('refuses an object that is too large, and more objects or bytes than it has space for', async () => {
    const { store } = open({ backups: createBackups({ maxBytes: 10, maxObjects: 2 }) })
    await store.put('object/a', new Uint8Array(6))
    await expect(store.put('object/b', new Uint8Array(6))).rejects.toThrow('507')
    // The same object again needs no more space.
    await store.put('object/a', new Uint8Array(6))
    await store.put('object/b', new Uint8Array(1))
    await expect(store.put('object/c', new Uint8Array(1))).rejects.toThrow('507')
    await expect(open().store.put('object/a', new Uint8Array(objectLimit + 1))).rejects.toThrow('413')
  })

  it('deletes a backup that has not changed for a month', async () => {
    let now = Date.UTC(2026, 7, 1)
    const { store } = open({ now: () => now })
    await store.put('object/a', Uint8Array.of(1))
    now += 29 * DAY_MS
    expect(await store.list('object/')).toEqual(['object/a'])
    await store.put('object/b', Uint8Array.of(1))
    now += 29 * DAY_MS
    expect(await store.list('object/')).toHaveLength(2)
    now += 2 * DAY_MS
    expect(await store.list('object/')).toEqual([])
  })

  it('has no backup if the server listens elsewhere than on loopback', async () => {
    const { server, sign, send } = open()
    await server.listen(0, '0.0.0.0')
    expect((await sign({ method: 'GET', name: 'object/a' })).statusCode).toBe(404)
    expect((await send('/api/backup/objects?prefix=')).status).toBe(404)
  })

  it('lets no cache store an answer', async () => {
    const { sign } = open()
    expect((await sign({ method: 'GET', name: 'a' })).headers['cache-control']).toBe('no-store')
  })
})

describe('a folder of objects', () => {
  async function newFolder() {
    const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-objects-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    return join(folder, 'objects')
  }

  it('survives a restart of the server, and drops a file that was not finished', async () => {
    const folder = await newFolder()
    const first = open({ backups: createBackups({ files: folderFiles(folder) }) })
    expect(await first.store.list('manifest/')).toEqual([])
    await first.store.put('manifest/a_b-C/000001', Uint8Array.of(1, 2, 3))
    await writeFile(join(folder, '1-1.part'), 'half')
    const second = open({ backups: createBackups({ files: folderFiles(folder) }) })
    expect(await second.store.list('manifest/')).toEqual(['manifest/a_b-C/000001'])
    expect(await second.store.get('manifest/a_b-C/000001')).toEqual(Uint8Array.of(1, 2, 3))
    await second.store.delete('manifest/a_b-C/000001')
    expect(await readdir(folder)).toEqual([])
  })

  it('counts the bytes of an earlier process, and deletes what has not changed for a month', async () => {
    const folder = await newFolder()
    const files = folderFiles(folder)
    await files.set('object/a', new Uint8Array(8))
    const limited = open({ backups: createBackups({ files, maxBytes: 10 }) })
    await expect(limited.store.put('object/b', new Uint8Array(3))).rejects.toThrow('507')
    const old = new Date(Date.now() - 31 * DAY_MS)
    await utimes(join(folder, encodeURIComponent('object/a')), old, old)
    expect(await open({ backups: createBackups({ files }) }).store.list('object/')).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })
})

it('signs requests to a bucket in its place, in the folder of the user', async () => {
  const signer = createS3Signer({
    url: 'https://s3.example/bucket',
    region: 'us-east-1',
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    folder: 'demo',
  })
  const { sign, send } = open({ backupSigner: signer })
  const urlOf = async (request: SignRequest) => new URL((await sign(request)).payload)
  const put = await urlOf({ method: 'PUT', name: 'object/a' })
  expect(put.origin + put.pathname).toBe('https://s3.example/bucket/demo/object/a')
  expect(put.searchParams.get('X-Amz-Expires')).toBe('60')
  expect(put.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/)
  const list = await urlOf({ method: 'LIST', name: 'object/', cursor: 'next' })
  expect(list.pathname).toBe('/bucket')
  expect(Object.fromEntries(list.searchParams)).toMatchObject({
    'list-type': '2',
    prefix: 'demo/object/',
    'continuation-token': 'next',
  })
  expect(put.href + list.href).not.toContain('secret')
  // The objects in this process are not used.
  expect((await send('/api/backup/objects?prefix=')).status).toBe(404)
})
