import type { RecordStore } from '../database/record-store.js'
import { generateRecordKey, NewerRecordError } from '../records/cipher.js'
import {
  FORMAT_VERSION,
  isWrapped,
  type KdfParameters,
  type MetaRecord,
  metaKey,
  type WrappedKeyRecord,
} from '../records/record.js'
import { askForWrappingKey, type KeyProvider } from './key-provider.js'
import {
  createWrapIv,
  parametersOf,
  unwrapBytes,
  unwrapKey,
  type WrappingKey,
  wrapAlgorithm,
} from './key-wrapping.js'

/**
 * Proves the database's key-encryption key. Holds a random key wrapped with it, which encrypts nothing, and the parameters that
 * derive it from a passphrase.
 */
export interface KeyCheckRecord extends MetaRecord, Partial<KdfParameters> {
  name: 'key'
  check: ArrayBuffer
  checkIv: ArrayBuffer | null
}

export const KEY_CHECK = metaKey('key')

/**
 * Result of comparing a key-encryption key with what is stored: `unset` if none has been used yet.
 *
 * `wrapping` is the key for new keys, and `isProven` is false if its check record is missing or damaged.
 */
export interface KeyVerdict {
  verdict: 'right' | 'wrong' | 'unset'
  wrapping: WrappingKey
  /** The stored check record; null if there is none. */
  stored: KeyCheckRecord | null
  isProven: boolean
}

/** @throws NewerRecordError if a newer build wrote it */
async function readKeyCheck(store: RecordStore): Promise<KeyCheckRecord | null> {
  const record = await store.get(KEY_CHECK)
  if (record && record.v > FORMAT_VERSION) throw new NewerRecordError('key')
  // A record of another shape counts as a damaged check: it opens nothing.
  return record as KeyCheckRecord | null
}

/** Creates the check record of a key-encryption key. The parameters are authenticated with it. */
export async function createKeyCheck({ key, parameters }: WrappingKey): Promise<KeyCheckRecord> {
  const checkIv = createWrapIv(key)
  const check = await crypto.subtle.wrapKey(
    'raw',
    await generateRecordKey(true),
    key,
    wrapAlgorithm(placeOf(parameters), checkIv),
  )
  return { v: FORMAT_VERSION, kind: 'meta', name: 'key', ...parameters, check, checkIv }
}

/**
 * Compares the provider's key with the check record.
 *
 * Without a check record, any stored key that opens proves the key. If the check does not open, it counts as damaged only
 * if the stored keys open, because a mistyped passphrase opens none.
 *
 * @throws VoiceAgentError `key-unavailable` if the provider fails
 */
export async function verifyKey(store: RecordStore, provider: KeyProvider): Promise<KeyVerdict> {
  const stored = await readKeyCheck(store)
  const parameters = stored && readParameters(stored)
  if (stored) {
    const wrapping = { key: await askForWrappingKey(provider, parameters), parameters }
    if (await opens(stored, wrapping)) return { verdict: 'right', wrapping, stored, isProven: true }
  }
  const wrapping = { key: await askForWrappingKey(provider), parameters: ownParameters(provider) }
  const keys = await readWrappedKeys(store, stored ? SAMPLE : ALL)
  const result = { wrapping, stored, isProven: false }
  if (keys.length === 0) return { ...result, verdict: stored ? 'wrong' : 'unset' }
  for (const record of keys) {
    const isOpen = await openWrappedKey(record, provider, wrapping).then(
      () => true,
      () => false,
    )
    if (isOpen && !stored) return { ...result, verdict: 'right' }
    if (!isOpen && stored) return { ...result, verdict: 'wrong' }
  }
  return { ...result, verdict: stored ? 'right' : 'wrong' }
}

/** Number of keys that must all open if the check does not. Limits the cost of refusing a mistyped passphrase. */
const SAMPLE = 100
const ALL = 2 ** 32 - 1

async function readWrappedKeys(store: RecordStore, take: number): Promise<WrappedKeyRecord[]> {
  const { run } = await store.readTogether([], { lower: 'key/', upper: 'key/\uffff', take })
  return (await run).filter(isWrapped)
}

/**
 * Unwraps a stored key with the parameters that are stored with it. A key without parameters is from an earlier build: tries the
 * proven key and the provider's own.
 *
 * @throws UnreadableRecordError if the key was wrapped with another one
 * @throws VoiceAgentError `key-unavailable` if the provider fails
 */
export async function openWrappedKey(
  record: WrappedKeyRecord,
  provider: KeyProvider,
  proven: WrappingKey,
  extractable = false,
): Promise<CryptoKey> {
  const parameters = parametersOf(record)
  if (parameters) return unwrapKey(record, await askForWrappingKey(provider, parameters), extractable)
  return unwrapKey(record, proven.key, extractable).catch(async (error: unknown) => {
    const own = await askForWrappingKey(provider)
    if (own === proven.key) throw error
    return unwrapKey(record, own, extractable)
  })
}

/** Returns the parameters for keys that the provider wraps from now on; null if it derives none from a passphrase. */
export function ownParameters({ passphrase }: KeyProvider): KdfParameters | null {
  if (!passphrase) return null
  const { kdf, iterations, salt } = passphrase
  return { kdf, iterations, salt }
}

/** Damaged parameters open nothing, so the stored keys decide. */
function readParameters(stored: KeyCheckRecord): KdfParameters | null {
  try {
    return parametersOf(stored)
  } catch {
    return null
  }
}

function opens({ check, checkIv }: KeyCheckRecord, { key, parameters }: WrappingKey): Promise<boolean> {
  return unwrapBytes(check, key, wrapAlgorithm(placeOf(parameters), checkIv)).then(
    () => true,
    () => false,
  )
}

function placeOf(parameters: KdfParameters | null): readonly unknown[] {
  if (!parameters) return ['check']
  const { kdf, iterations, salt } = parameters
  return ['check', kdf, iterations, [...new Uint8Array(salt)]]
}
