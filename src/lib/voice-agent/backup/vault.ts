import {
  createSalt,
  deriveFromCode,
  deriveWrapper,
  type PasskeyRecord,
  type PassphraseRecord,
  type RecoveryRecord,
  unwrapVaultKey,
  type WrapRecord,
  wrapVaultKey,
} from '../passkey/passkey-records.js'
import { parseRecoveryCode } from '../passkey/recovery-code.js'
import {
  createCredential,
  evaluateCredential,
  type PasskeyNames,
  type PromptOptions,
} from '../passkey/web-authn.js'
import { createPassphraseKeyProvider, MAX_ITERATIONS } from '../storage/keys/passphrase-key.js'
import { decodeRecord, encodeRecord, FORMAT_VERSION, toBase64Url } from '../storage/records/record.js'
import { BackupError } from './backup-error.js'
import type { Bytes, Objects } from './object-store.js'

/**
 * A secret that opens the backup. Each secret passed to `create` opens it alone.
 *
 * - `passphrase`: at least one character. Prefer a long random one, because the store's operator can guess offline.
 * - `recoveryCode`: from `createRecoveryCode()`.
 * - `passkey`: asks for a passkey with the PRF extension. Call the method from a click.
 */
export type BackupSecret =
  | { passphrase: string }
  | { recoveryCode: string }
  | { passkey: PasskeyNames & PromptOptions }

/** Keys of a backup, derived from its vault key. */
export interface Vault {
  id: string
  /** Encrypts manifest bodies and lists of sessions. */
  manifestKey: CryptoKey
  /** Encrypts the objects of one session. */
  sessionKey(sessionId: string): Promise<CryptoKey>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const AES = { name: 'AES-GCM', length: 256 }

export const createVaultId = () => toBase64Url(crypto.getRandomValues(new Uint8Array(16)))

/** Derives the keys of a vault. @param raw The vault key: 32 bytes. Not kept. */
export async function openVault(id: string, raw: Bytes): Promise<Vault> {
  const base = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey'])
  const derive = (purpose: readonly string[]) =>
    crypto.subtle.deriveKey(
      {
        name: 'HKDF',
        hash: 'SHA-256',
        salt: encoder.encode(id),
        info: encoder.encode(JSON.stringify(['redux-voice-agent backup 1', ...purpose])),
      },
      base,
      AES,
      false,
      ['encrypt', 'decrypt'],
    )
  const keys = new Map<string, Promise<CryptoKey>>()
  return {
    id,
    manifestKey: await derive(['manifest']),
    sessionKey(sessionId) {
      const known = keys.get(sessionId) ?? derive(['session', sessionId])
      keys.set(sessionId, known)
      return known
    },
  }
}

/** Rounds of PBKDF2, as OWASP advises for HMAC-SHA-256. */
const ITERATIONS = 600_000
const WRAPS = 'key/'
const DEVICES = 'device/'

const wrapsPrefix = (vault: string) => `${WRAPS}${vault}/`

/**
 * Wraps the vault key with each secret. Stores the wrapped keys in one object, so either all of the secrets open the backup or none.
 *
 * @throws BackupError, PasskeyError
 */
export async function addWraps(
  objects: Objects,
  vault: string,
  raw: Bytes,
  secrets: readonly BackupSecret[],
  iterations = ITERATIONS,
): Promise<void> {
  const key = await crypto.subtle.importKey('raw', raw, AES, true, ['wrapKey', 'unwrapKey'])
  const records: object[] = []
  for (const secret of secrets) records.push(encodeRecord(await wrapWith(key, vault, secret, iterations)))
  const bytes = encoder.encode(JSON.stringify(records))
  const id = toBase64Url(crypto.getRandomValues(new Uint8Array(16)))
  await objects.put(wrapsPrefix(vault) + id, bytes as Bytes)
}

async function wrapWith(
  key: CryptoKey,
  vault: string,
  secret: BackupSecret,
  iterations: number,
): Promise<WrapRecord> {
  const salt = createSalt()
  if ('passphrase' in secret) {
    const header = { name: 'passphrase' as const, vault, salt, iterations }
    return wrapVaultKey<PassphraseRecord>(key, await deriveFromPassphrase(secret.passphrase, header), header)
  }
  if ('recoveryCode' in secret) {
    const header = { name: 'recovery' as const, vault, salt }
    const wrapper = await deriveFromCode(charactersOf(secret.recoveryCode), salt)
    return wrapVaultKey<RecoveryRecord>(key, wrapper, header)
  }
  const { signal, ...names } = secret.passkey
  const prompt = signal ? { signal } : {}
  const { id, transports, result } = await createCredential(names, [], salt, prompt)
  const header = { name: 'passkey' as const, vault, salt, credentialId: id, transports }
  // Some authenticators evaluate the PRF only when the passkey is used, not when it is created.
  const secretBytes =
    result ?? (await evaluateCredential(names, [{ credentialId: id, salt, transports }], prompt)).result
  return wrapVaultKey<PasskeyRecord>(key, await deriveWrapper('passkey', secretBytes, salt), header)
}

function charactersOf(code: string): string {
  try {
    return parseRecoveryCode(code)
  } catch (cause) {
    throw new BackupError('backup-code-mistyped', undefined, { cause })
  }
}

async function deriveFromPassphrase(
  passphrase: string,
  { salt, iterations }: Pick<PassphraseRecord, 'salt' | 'iterations'>,
): Promise<CryptoKey> {
  return createPassphraseKeyProvider(passphrase, { salt, iterations })()
}

/** Lists the ids of vaults with a wrapped key in the store. */
export async function listVaults(objects: Objects): Promise<string[]> {
  const names = await objects.list(WRAPS)
  return [...new Set(names.flatMap((name) => name.split('/')[1] ?? []))]
}

/**
 * Lists the wrapped keys of the backup. If a creation was interrupted, the folder may have another vault, which no device uses: its keys
 * are left out.
 */
async function listWraps(objects: Objects): Promise<string[]> {
  const names = await objects.list(WRAPS)
  const vaultOf = (name: string) => name.split('/')[1]
  if (new Set(names.map(vaultOf)).size < 2) return names
  const used = new Set((await objects.list(DEVICES)).map(vaultOf))
  const inUse = names.filter((name) => used.has(vaultOf(name)))
  return inUse.length > 0 ? inUse : names.sort()
}

/**
 * Unwraps the vault key with a secret. Tries each wrapped key of the secret's kind.
 *
 * @throws BackupError `backup-missing` without a wrapped key of this kind, `backup-secret-wrong` if none opens, `backup-newer`
 */
export async function unwrapWith(
  objects: Objects,
  secret: BackupSecret,
): Promise<{ vault: string; raw: Bytes }> {
  const names = await listWraps(objects)
  const records = (await Promise.all(names.map((name) => readWraps(objects, name)))).flat()
  const opened =
    'passphrase' in secret
      ? await openFirst(records, 'passphrase', (record) => deriveFromPassphrase(secret.passphrase, record))
      : 'recoveryCode' in secret
        ? await openFirst(records, 'recovery', ({ salt }) =>
            deriveFromCode(charactersOf(secret.recoveryCode), salt),
          )
        : await openWithPasskey(records, secret.passkey)
  if (opened) return opened
  throw new BackupError('backup-secret-wrong')
}

type Named<N extends WrapRecord['name']> = Extract<WrapRecord, { name: N }>

async function openFirst<N extends WrapRecord['name']>(
  records: readonly WrapRecord[],
  name: N,
  derive: (record: Named<N>) => Promise<CryptoKey>,
) {
  const fitting = records.filter((record): record is Named<N> => record.name === name)
  if (fitting.length === 0) throw new BackupError('backup-missing')
  for (const record of fitting) {
    const opened = await open(record, await derive(record))
    if (opened) return opened
  }
  return null
}

async function openWithPasskey(
  records: readonly WrapRecord[],
  { signal, ...names }: PasskeyNames & PromptOptions,
) {
  const passkeys = records.filter((record): record is PasskeyRecord => record.name === 'passkey')
  if (passkeys.length === 0) throw new BackupError('backup-missing')
  const { id, result } = await evaluateCredential(names, passkeys, signal ? { signal } : {})
  const record = passkeys.find(({ credentialId }) => credentialId === id)
  return record ? open(record, await deriveWrapper('passkey', result, record.salt)) : null
}

/** Returns null if the record was wrapped with another secret or altered. */
async function open(record: WrapRecord, wrapper: CryptoKey): Promise<{ vault: string; raw: Bytes } | null> {
  const key = await unwrapVaultKey(record, wrapper, true).catch(() => null)
  return key && { vault: record.vault, raw: new Uint8Array(await crypto.subtle.exportKey('raw', key)) }
}

/** Leaves out what is not a wrapped key: the store's operator can put anything there. */
async function readWraps(objects: Objects, name: string): Promise<WrapRecord[]> {
  const bytes = await objects.get(name)
  if (bytes === null) return []
  let records: object[]
  try {
    records = (JSON.parse(decoder.decode(bytes)) as object[]).map((record) => decodeRecord(record))
  } catch {
    return []
  }
  return records.flatMap((record) => asWrap(name, record) ?? [])
}

function asWrap(name: string, record: Partial<Record<string, unknown>>): WrapRecord | null {
  const { v, vault, salt, wrapped, wrapIv, iterations = ITERATIONS, credentialId, transports } = record
  if (typeof v === 'number' && v > FORMAT_VERSION) throw new BackupError('backup-newer')
  const isWrap =
    typeof vault === 'string' &&
    name.startsWith(wrapsPrefix(vault)) &&
    [salt, wrapped, wrapIv].every((part) => part instanceof ArrayBuffer) &&
    (salt as ArrayBuffer).byteLength >= 16 &&
    Number.isInteger(iterations) &&
    (iterations as number) > 0 &&
    (iterations as number) <= MAX_ITERATIONS
  if (!isWrap) return null
  const isPasskey = typeof credentialId === 'string' && /^[\w-]+$/.test(credentialId)
  if (record.name === 'passkey' && !(isPasskey && typeof transports === 'string')) return null
  return ['passkey', 'passphrase', 'recovery'].includes(String(record.name)) ? (record as never) : null
}
