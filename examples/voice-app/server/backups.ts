import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SignRequest } from 'redux-voice-agent/backup'
import { type BackupFiles, memoryFiles } from './backup-files.js'
import { isFields } from './bodies.js'
import { ApiError } from './errors.js'

/** Signs requests of the page to an object store. */
export interface BackupSigner {
  /** Resolves with the URL of one request. */
  sign(request: SignRequest): Promise<string>
}

/** An object store with a signer of its own, for one user. It has ciphertexts and no keys. Each method throws an `ApiError`. */
export interface Backups extends BackupSigner {
  put(name: string, query: SignedQuery, body: unknown): Promise<void>
  get(name: string, query: SignedQuery): Promise<Uint8Array>
  delete(name: string, query: SignedQuery): Promise<void>
  /** Resolves with a page of names, in the XML of S3's ListObjectsV2. */
  list(prefix: string, query: SignedQuery): Promise<string>
}

/** Query of a signed URL. */
export interface SignedQuery {
  prefix?: string
  cursor?: string
  expires?: string
  signature?: string
}

export interface BackupsOptions {
  /** @default the memory of this process */
  files?: BackupFiles
  /** Bytes of all objects together. @default 64 MB */
  maxBytes?: number
  /** @default 20000 */
  maxObjects?: number
  /** Names in one page of a list. @default 1000, as S3 has */
  pageSize?: number
  /** The clock, in ms since the epoch. @default Date.now */
  now?: () => number
}

export const objectsPath = '/api/backup/objects'
/** Most bytes of an object: 64 long messages. */
export const objectLimit = 4_000_000

const SIGNED_MS = 60_000
const DAY_MS = 24 * 60 * 60 * 1000
/** Time after the last change until a backup is deleted. A part of it can't expire alone, because an old segment is still needed. */
const UNUSED_MS = 30 * DAY_MS

const methods: readonly unknown[] = ['PUT', 'GET', 'DELETE', 'LIST'] satisfies SignRequest['method'][]
const isName = (value: unknown): value is string => typeof value === 'string' && /^[\w/-]{1,200}$/.test(value)

/** @throws ApiError 400 */
export function readSignRequest(body: unknown): SignRequest {
  const bad = (message: string) => new ApiError(400, 'body_invalid', message)
  if (!isFields(body)) throw bad('The body must be a JSON object.')
  const { method, name, cursor } = body
  if (!methods.includes(method)) throw bad('method must be PUT, GET, DELETE or LIST.')
  if (!isName(name)) throw bad('name must have 1 to 200 characters of A-Z a-z 0-9 _ - /.')
  if (cursor !== undefined && (typeof cursor !== 'string' || cursor.length > 1000))
    throw bad('cursor must be a string.')
  return { method: method as SignRequest['method'], name, ...(cursor === undefined ? {} : { cursor }) }
}

/** For loopback, because anyone who reaches the server may read and delete all objects. */
export function createBackups({
  maxBytes = 64_000_000,
  maxObjects = 20_000,
  pageSize = 1000,
  now = Date.now,
  files = memoryFiles(now),
}: BackupsOptions = {}): Backups {
  const secret = randomBytes(32)
  let changedAt = 0
  let reading: Promise<Map<string, number>> | null = null

  /** Returns the sizes of all objects. Deletes them first if they have not changed for a long time. */
  async function readSizes(): Promise<Map<string, number>> {
    reading ??= files.entries().then((entries) => {
      changedAt = Math.max(0, ...entries.map((entry) => entry.changedAt))
      return new Map(entries.map(({ name, size }) => [name, size]))
    })
    const sizes = await reading
    if (sizes.size > 0 && now() > changedAt + UNUSED_MS) {
      const names = [...sizes.keys()]
      sizes.clear()
      for (const name of names) await files.remove(name)
    }
    return sizes
  }

  const signatureOf = (method: SignRequest['method'], name: string, cursor: string, expires: string) =>
    createHmac('sha256', secret).update([method, name, cursor, expires].join('\n')).digest()

  /** @throws ApiError 403 unless this process signed this request, a minute ago at most */
  function check(method: SignRequest['method'], name: string, query: SignedQuery): void {
    const { cursor = '', expires = '', signature = '' } = query
    const given = Buffer.from(String(signature), 'base64url')
    const wanted = signatureOf(method, name, String(cursor), String(expires))
    const isSigned = given.length === wanted.length && timingSafeEqual(given, wanted)
    if (!isSigned || now() > Number(expires))
      throw new ApiError(403, 'backup_refused', 'This URL is not signed, or has expired.')
  }

  return {
    async sign({ method, name, cursor = '' }) {
      const expires = String(now() + SIGNED_MS)
      const isList = method === 'LIST'
      const query = new URLSearchParams({
        ...(isList ? { prefix: name } : {}),
        ...(cursor === '' ? {} : { cursor }),
        expires,
        signature: signatureOf(method, name, cursor, expires).toString('base64url'),
      })
      return `${objectsPath}${isList ? '' : `/${name}`}?${query}`
    },
    async put(name, query, body) {
      check('PUT', name, query)
      if (!(body instanceof Uint8Array)) throw new ApiError(400, 'body_invalid', 'The body must be bytes.')
      const sizes = await readSizes()
      const others = [...sizes].reduce((sum, [other, size]) => (other === name ? sum : sum + size), 0)
      if (others + body.length > maxBytes || (!sizes.has(name) && sizes.size >= maxObjects))
        throw new ApiError(507, 'backup_full', 'There is no space for another object.')
      // Counted first, because another request may come while it is written.
      sizes.set(name, body.length)
      changedAt = now()
      await files.set(name, body)
    },
    async get(name, query) {
      check('GET', name, query)
      const bytes = (await readSizes()).has(name) ? await files.get(name) : null
      if (!bytes) throw new ApiError(404, 'backup_object_missing', 'There is no such object.')
      return bytes
    },
    async delete(name, query) {
      check('DELETE', name, query)
      if (!(await readSizes()).delete(name)) return
      changedAt = now()
      await files.remove(name)
    },
    async list(prefix, query) {
      check('LIST', prefix, query)
      const { cursor = '' } = query
      const names = [...(await readSizes()).keys()]
        .filter((name) => name.startsWith(prefix) && name > cursor)
        .sort()
      const page = names.slice(0, pageSize)
      const isTruncated = names.length > page.length
      // Names and prefixes have no character that XML would escape.
      return [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
        `<Prefix>${prefix}</Prefix><IsTruncated>${isTruncated}</IsTruncated>`,
        ...(isTruncated ? [`<NextContinuationToken>${page.at(-1)}</NextContinuationToken>`] : []),
        ...page.map((name) => `<Contents><Key>${name}</Key></Contents>`),
        '</ListBucketResult>',
      ].join('')
    },
  }
}
