import type { AgentToken, StoredToken, TokenVault } from '../../../../../middleware/drivers/token/ports.js'
import { decrypt, encrypt, UnreadableRecordError } from '../records/cipher.js'
import {
  decodeRecord,
  type EncryptedRecord,
  encodeRecord,
  FORMAT_VERSION,
  type TokenHeader,
} from '../records/record.js'
import { names, type PageStorage } from './session-storage.js'

/**
 * Finds a session's key. Returns null without a database, WebCrypto or the key. If there is a provider, a plain key encrypts nothing, because
 * other code may have planted it.
 */
export type FindSessionKey = (sessionId: string, use: 'encrypt' | 'decrypt') => Promise<CryptoKey | null>

/**
 * Stores the token in sessionStorage, encrypted with its session's key, because browsers write sessionStorage to disk.
 *
 * Session id and expiry are unencrypted, but authenticated with the key. Without a key, the token stays in memory: it is
 * never stored unencrypted.
 *
 * @param onMissing Called with true when a token could not be stored because sessionStorage is full or denied. Called with
 * false when a token was stored or is no longer needed.
 */
export function createTokenVault(
  page: PageStorage,
  findKey: FindSessionKey,
  onMissing: (isMissing: boolean) => void = () => {},
): Required<TokenVault> {
  let inMemory: { persistedSessionId: string; token: AgentToken } | null = null
  /** Counts saves and clears, so that a slow save doesn't overwrite a newer one. */
  let latestChange = 0

  async function encryptToken(persistedSessionId: string, token: AgentToken): Promise<string | null> {
    const key = await findKey(persistedSessionId, 'encrypt')
    if (!key) return null
    const { expiresAt } = token
    const header: TokenHeader = { v: FORMAT_VERSION, kind: 'token', persistedSessionId, expiresAt }
    return JSON.stringify(encodeRecord(await encrypt(key, header, token)))
  }

  function clear() {
    latestChange++
    inMemory = null
    page.remove(names.token)
    onMissing(false)
  }

  return {
    read(): StoredToken | null {
      if (inMemory) {
        const { persistedSessionId, token } = inMemory
        return { persistedSessionId, expiresAt: token.expiresAt, open: async () => token }
      }
      const record = parse(page.get(names.token))
      if (!record) return null
      return {
        persistedSessionId: record.persistedSessionId,
        expiresAt: record.expiresAt,
        async open() {
          const key = await findKey(record.persistedSessionId, 'decrypt')
          if (!key) throw new UnreadableRecordError('token')
          return (await decrypt(key, record)) as AgentToken
        },
      }
    },

    async save(persistedSessionId, token) {
      const change = ++latestChange
      // Readers get this token until the encrypted one is stored.
      inMemory = { persistedSessionId, token }
      const text = await encryptToken(persistedSessionId, token).catch(() => null)
      if (change !== latestChange) return
      // Without a key, the token stays in memory, and an earlier session's stored token is left alone.
      if (text === null) return
      let isStored = page.set(names.token, text)
      if (!isStored) {
        // Removes the old token, because the next page must not restore an earlier session with it.
        page.remove(names.token)
        isStored = page.set(names.token, text)
      }
      if (isStored) inMemory = null
      onMissing(!isStored)
    },

    clear,

    openSession: () => (inMemory ? null : parseOpenSession(page.get(names.token))),

    setOpenSession(openSession) {
      clear()
      page.set(names.token, JSON.stringify({ openSession }))
    },
  }
}

function parseOpenSession(text: string | null): string | null {
  try {
    const { openSession } = JSON.parse(text ?? '{}')
    return typeof openSession === 'string' ? openSession : null
  } catch {
    return null
  }
}

/** Returns null for anything but an encrypted token, because other scripts of the page can write to sessionStorage. */
function parse(text: string | null): EncryptedRecord<TokenHeader> | null {
  try {
    const record = decodeRecord(JSON.parse(text ?? 'null'))
    const isToken =
      record.kind === 'token' &&
      typeof record.v === 'number' &&
      typeof record.persistedSessionId === 'string' &&
      typeof record.expiresAt === 'number' &&
      record.iv instanceof ArrayBuffer &&
      record.data instanceof ArrayBuffer
    return isToken ? (record as unknown as EncryptedRecord<TokenHeader>) : null
  } catch {
    return null
  }
}
