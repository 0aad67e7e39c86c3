import type { AgentToken, StoredToken, TokenVault } from '../../../../../middleware/token-refresh/ports.js'
import { decodeRecord, encodeRecord } from '../records/base64-record.js'
import { decrypt, encrypt, UnreadableRecordError } from '../records/cipher.js'
import { type EncryptedRecord, FORMAT_VERSION, type TokenHeader } from '../records/record.js'
import { names, type PageStorage } from './session-storage.js'

/** Gives a session's key; null without a database, WebCrypto, or the key. */
export type FindSessionKey = (sessionId: string) => Promise<CryptoKey | null>

/**
 * The token in sessionStorage, sealed with its session's key, because sessionStorage reaches the disk. Whose token it is
 * and when it expires can be read without the key, and is authenticated with it. Where it can't be sealed it stays in
 * memory: it is never stored in the clear.
 */
export function createTokenVault(page: PageStorage, findKey: FindSessionKey): TokenVault {
  let inMemory: { persistedSessionId: string; token: AgentToken } | null = null
  /** Counts saves and clears, so that a slow save doesn't come back over a newer one. */
  let latestChange = 0

  async function encryptToken(persistedSessionId: string, token: AgentToken): Promise<string | null> {
    const key = await findKey(persistedSessionId)
    if (!key) return null
    const { expiresAt } = token
    const header: TokenHeader = { v: FORMAT_VERSION, kind: 'token', persistedSessionId, expiresAt }
    return JSON.stringify(encodeRecord(await encrypt(key, header, token)))
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
          const key = await findKey(record.persistedSessionId)
          if (!key) throw new UnreadableRecordError('token')
          return (await decrypt(key, record)) as AgentToken
        },
      }
    },

    async save(persistedSessionId, token) {
      const change = ++latestChange
      // From now on this is the token, whatever becomes of the stored one.
      inMemory = { persistedSessionId, token }
      const text = await encryptToken(persistedSessionId, token).catch(() => null)
      if (change !== latestChange) return
      // One that can't be sealed stays in memory. What is stored, of a session whose key can't be had now, stays for later.
      if (text !== null && page.set(names.token, text)) inMemory = null
    },

    clear() {
      latestChange++
      inMemory = null
      page.remove(names.token)
    },
  }
}

/** Null for whatever is not a sealed token: a page's other scripts may write to sessionStorage, too. */
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
