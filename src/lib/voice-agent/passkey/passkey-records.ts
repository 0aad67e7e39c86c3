import { VoiceAgentError } from '../../../../store/index.js'
import type { RecordStore } from '../storage/database/record-store.js'
import { createWrapIv, wrapAlgorithm } from '../storage/keys/key-wrapping.js'
import { FORMAT_VERSION, type MetaRecord, metaKey, type StoredRecord } from '../storage/records/record.js'

/** One way to open the vault key, the random key that wraps the keys of sessions and values. Contains no secrets. */
interface Wrap extends MetaRecord {
  /** Random id of the vault key. */
  vault: string
  /** 32 random bytes: the PRF input for a passkey, and the HKDF salt. */
  salt: ArrayBuffer
  wrapped: ArrayBuffer
  wrapIv: ArrayBuffer
  /** Milliseconds since the epoch. */
  createdAt: number
}

export interface PasskeyRecord extends Wrap {
  name: 'passkey'
  /** In base64url. */
  credentialId: string
  /** Ways to reach the authenticator, separated by spaces: a hint for the browser's prompt. */
  transports: string
}

export interface RecoveryRecord extends Wrap {
  name: 'recovery'
}

/** Opens the vault key of a backup. Not stored in the database. */
export interface PassphraseRecord extends Wrap {
  name: 'passphrase'
  /** Rounds of PBKDF2-HMAC-SHA-256. */
  iterations: number
}

export type WrapRecord = PasskeyRecord | RecoveryRecord | PassphraseRecord

/** Stored ways to open the vault key. Omits damaged records, which open nothing. */
export interface Enrolled {
  /** The unchecked record under the recovery code's key, for comparing two reads; null if there is none. */
  place: StoredRecord | null
  /** Null if there is none or it is damaged: passkeys open the vault key without it. */
  recovery: RecoveryRecord | null
  /** Passkeys for the recovery code's vault key, oldest first; all passkeys if there is no code. */
  passkeys: PasskeyRecord[]
}

export const RECOVERY = metaKey('recovery')
const PASSKEYS = metaKey('passkey/')
export const passkeyKey = (credentialId: string) => PASSKEYS + credentialId

/** @throws VoiceAgentError `storage-newer` */
export async function readEnrolled(store: RecordStore): Promise<Enrolled> {
  const [place, records] = await Promise.all([
    store.get(RECOVERY),
    store.readRange(PASSKEYS, `${PASSKEYS}\uffff`),
  ])
  const recovery = place && asWrap<RecoveryRecord>(place)
  const passkeys = [...records].flatMap(([key, record]) => {
    const passkey = asWrap<PasskeyRecord>(record)
    if (!passkey || key !== passkeyKey(passkey.credentialId)) return []
    return recovery && passkey.vault !== recovery.vault ? [] : [passkey]
  })
  return { place, recovery, passkeys: passkeys.sort((a, b) => a.createdAt - b.createdAt) }
}

export const isEmpty = ({ place, passkeys }: Enrolled) => place === null && passkeys.length === 0

/** True if a stored record opens this vault key. */
export const opensVault = ({ recovery, passkeys }: Enrolled, vault: string) =>
  [recovery, ...passkeys].some((record) => record?.vault === vault)

const BASE64URL = /^[\w-]+$/

/** @throws VoiceAgentError `storage-newer` for a record from a newer build */
function asWrap<R extends WrapRecord>(record: StoredRecord): R | null {
  if (record.v > FORMAT_VERSION) throw new VoiceAgentError('storage-newer')
  const { vault, salt, wrapped, wrapIv, createdAt } = record as Partial<Wrap>
  const { name, credentialId, transports } = record as Partial<PasskeyRecord>
  const isWrap =
    record.kind === 'meta' &&
    typeof vault === 'string' &&
    [salt, wrapped, wrapIv].every((bytes) => bytes instanceof ArrayBuffer) &&
    typeof createdAt === 'number'
  const isNamed =
    (name as string) === 'recovery' ||
    (name === 'passkey' && BASE64URL.test(String(credentialId)) && typeof transports === 'string')
  return isWrap && isNamed ? (record as R) : null
}

const encoder = new TextEncoder()
const VAULT_KEY = { name: 'AES-GCM', length: 256 }
const USAGES: KeyUsage[] = ['wrapKey', 'unwrapKey']

export const createSalt = () => crypto.getRandomValues(new Uint8Array(32)).buffer

/** Generates a vault key. It is extractable, so wrap it and drop it. */
export const generateVaultKey = () => crypto.subtle.generateKey(VAULT_KEY, true, USAGES)

/**
 * Derives the non-extractable key that wraps the vault key from a PRF result or a recovery code.
 *
 * @param secret Overwritten with zeros.
 */
export async function deriveWrapper(
  name: WrapRecord['name'],
  secret: Uint8Array<ArrayBuffer>,
  salt: ArrayBuffer,
): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  secret.fill(0)
  const info = encoder.encode(`redux-voice-agent ${name} 1`)
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    USAGES,
  )
}

export const deriveFromCode = (characters: string, salt: ArrayBuffer) =>
  deriveWrapper('recovery', encoder.encode(characters), salt)

/** Additional data, so that a moved or altered record opens nothing. */
function placeOf(record: Pick<Wrap, 'v' | 'name' | 'vault' | 'salt'> & { credentialId?: string }) {
  const { v, name, vault, salt, credentialId = null } = record
  return [v, name, vault, credentialId, [...new Uint8Array(salt)]]
}

type Header<R extends WrapRecord> = Omit<R, 'v' | 'kind' | 'wrapped' | 'wrapIv' | 'createdAt'>

/** Wraps the extractable vault key in a record for the disk. */
export async function wrapVaultKey<R extends WrapRecord>(
  vaultKey: CryptoKey,
  wrapper: CryptoKey,
  header: Header<R>,
): Promise<R> {
  const record = { ...header, v: FORMAT_VERSION, kind: 'meta' as const, createdAt: Date.now() }
  const wrapIv = createWrapIv(wrapper)
  const algorithm = wrapAlgorithm(placeOf(record), wrapIv)
  const wrapped = await crypto.subtle.wrapKey('raw', vaultKey, wrapper, algorithm)
  return { ...record, wrapped, wrapIv } as unknown as R
}

/** Rejects if the record was wrapped with another key, or altered. @param extractable True only to wrap it again. */
export function unwrapVaultKey(
  record: WrapRecord,
  wrapper: CryptoKey,
  extractable = false,
): Promise<CryptoKey> {
  const algorithm = wrapAlgorithm(placeOf(record), record.wrapIv)
  return crypto.subtle.unwrapKey('raw', record.wrapped, wrapper, algorithm, VAULT_KEY, extractable, USAGES)
}
