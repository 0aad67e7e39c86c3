import { VoiceAgentError } from '../../../../store/index.js'
import { callListener } from '../agent/emitter.js'
import { check, checkDatabase, checkNames, checkObjects } from '../options/check-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import type { DatabaseOptions } from '../storage/database/open-database.js'
import { isWriteConflict, type RecordStore } from '../storage/database/record-store.js'
import type { KeyProvider } from '../storage/keys/key-provider.js'
import { asWriteError } from '../storage/records/storage-errors.js'
import { scopedName } from '../storage/scoped-name.js'
import { PasskeyError } from './passkey-error.js'
import {
  deriveFromCode,
  deriveWrapper,
  type Enrolled,
  isEmpty,
  opensVault,
  passkeyKey,
  RECOVERY,
  readEnrolled,
  unwrapVaultKey,
} from './passkey-records.js'
import { createSetup, type PasskeySetup, type Proof } from './passkey-setup.js'
import { parseRecoveryCode } from './recovery-code.js'
import { discardCredential, evaluateCredential, type PasskeyNames, type PromptOptions } from './web-authn.js'

/** Options of {@link passkeyKeyProvider}. */
export interface PasskeyOptions extends Omit<DatabaseOptions, 'keyProvider'>, PasskeyNames {
  /** The same as the agent's `persistence.scope`: each user has separate passkeys and a recovery code. @default null */
  scope?: string | null
}

/** A passkey that opens the conversations in this browser. */
export interface EnrolledPasskey {
  /** Id of the credential, in base64url. */
  id: string
  /** Milliseconds since the epoch. */
  createdAt: number
}

/** `unset`: no passkey was set up in this browser. `locked`: call `unlock()`. `open`: this page has the key. */
export interface PasskeyStatus {
  state: 'unset' | 'locked' | 'open'
  /** The passkeys that open the key, oldest first. */
  passkeys: EnrolledPasskey[]
}

/** A `keyProvider` that a passkey opens. Each method that asks for one must be called from a click. */
export interface PasskeyKeyProvider extends KeyProvider {
  /** Reads the current setup, without a prompt. @throws VoiceAgentError `storage-unavailable`, `storage-newer` */
  status(): Promise<PasskeyStatus>
  /**
   * Asks for a passkey and opens the key for this page.
   *
   * @throws PasskeyError `passkey-unset`, `passkey-cancelled`, `passkey-wrong`, `passkey-no-prf`, `passkey-unsupported`, `passkey-failed`
   * @throws VoiceAgentError `storage-unavailable`, `storage-newer`
   */
  unlock(options?: PromptOptions): Promise<void>
  /**
   * Starts the first setup: a passkey, then a recovery code, which the user types back. Shows no prompt yet.
   *
   * @throws PasskeyError `passkey-changed` if a passkey is already set up, `passkey-unsupported`
   */
  setUp(): Promise<PasskeySetup>
  /**
   * Asks for an enrolled passkey as proof, and starts adding another authenticator.
   *
   * @throws as {@link unlock}
   */
  addPasskey(options?: PromptOptions): Promise<PasskeySetup>
  /**
   * Opens the key with the recovery code. The returned setup can add a passkey in place of the lost one; cancel it if it is not wanted.
   *
   * @throws PasskeyError `recovery-code-mistyped`, `recovery-code-wrong`, `passkey-unset`
   * @throws VoiceAgentError `storage-unavailable`, `storage-newer`, `invalid-option`
   */
  recover(code: string): Promise<PasskeySetup>
  /**
   * Asks for an enrolled passkey as proof, and starts replacing the recovery code. The old code is valid until the new one has been typed back.
   *
   * @throws as {@link unlock}
   */
  renewRecoveryCode(options?: PromptOptions): Promise<PasskeySetup>
  /**
   * Removes a passkey. It no longer opens anything, except in an earlier copy of the profile.
   *
   * @throws PasskeyError `passkey-locked`, `passkey-last`, `passkey-unset` for an id that is not enrolled, `passkey-changed`
   * @throws VoiceAgentError `storage-unavailable`, `storage-quota`, `storage-write-failed`
   */
  removePasskey(id: string): Promise<void>
  /** Forgets the key. Conversations that the page has opened stay open until it reloads. */
  lock(): void
  /** Calls a listener after each change that this page makes. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
}

interface Held {
  vault: string
  key: CryptoKey
}

/**
 * Creates a `keyProvider` whose key a passkey opens, through WebAuthn's PRF extension. A random vault key wraps the keys of sessions and
 * values. It is stored only wrapped: once per passkey and once with the recovery code, under keys that HKDF-SHA-256 derives.
 *
 * No prompt appears while the page loads: call `unlock()` or `setUp()` from a click, before you create the agent. Until then, the
 * provider rejects with `key-unavailable`, and stored conversations stay closed and unchanged.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * const keyProvider = passkeyKeyProvider({ appName: 'Shop' })
 * button.onclick = async () => {
 *   await keyProvider.unlock()
 *   const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: { keyProvider } })
 * }
 */
export function passkeyKeyProvider(options: PasskeyOptions = {}): PasskeyKeyProvider {
  checkObjects({ 'passkeyKeyProvider: options': options })
  const { scope = null, ...names } = options
  const { appName, userName, rpId } = names
  checkNames({
    'passkeyKeyProvider: scope': scope ?? undefined,
    'passkeyKeyProvider: appName': appName,
    'passkeyKeyProvider: userName': userName,
    'passkeyKeyProvider: rpId': rpId,
  })
  checkDatabase({ ...names, keyProvider: provide }, 'passkeyKeyProvider: ')
  const listeners = new Set<() => void>()
  let opening: Promise<RecordStore> | null = null
  let held: Held | null = null
  /** Stored records, to rewrite them if the browser empties the database while the page is open. */
  let remembered: Enrolled | null = null

  function open(): Promise<RecordStore> {
    if (opening) return opening
    const current = openStore(options, scope).then((store) => {
      store.onErased(() => forget(current))
      store.onLost(() => void restoreEmptied(store).catch(() => {}))
      return store
    })
    opening = current
    current.catch(() => {
      if (opening === current) opening = null
    })
    return current
  }

  function notify() {
    for (const listener of [...listeners]) callListener(listener)
  }

  function hold(next: Held | null) {
    held = next
    notify()
  }

  /** After an erasure, drops the key, so that nothing is wrapped with a key that no passkey opens. */
  function forget(erased: Promise<RecordStore>) {
    // Noticed before, and the next generation may be open by now.
    if (opening !== erased) return
    opening = null
    remembered = null
    erased.then(
      (store) => store.close(),
      () => {},
    )
    hold(null)
  }

  async function read(): Promise<{ store: RecordStore; enrolled: Enrolled }> {
    const opened = open()
    let store = await opened
    if (await store.isErased()) {
      forget(opened)
      store = await open()
    }
    const enrolled = await readEnrolled(store)
    if (held && opensVault(enrolled, held.vault)) remembered = enrolled
    return { store, enrolled }
  }

  async function restoreEmptied(store: RecordStore): Promise<void> {
    if (!held || !remembered || !isEmpty(await readEnrolled(store)) || (await store.isErased())) return
    const { recovery, passkeys } = remembered
    const changes = new Map(
      [recovery, ...passkeys].flatMap((record) => (record ? [[keyOf(record), record]] : [])),
    )
    const expected = new Map([RECOVERY, ...changes.keys()].map((key) => [key, null]))
    await store.write(changes, { durability: 'strict', expected }).catch((error: unknown) => {
      if (!isWriteConflict(error)) throw error
    })
  }

  /** Asks for a passkey. Returns the record that it opens. */
  async function prove(prompt: PromptOptions): Promise<Proof & { enrolled: Enrolled }> {
    const { enrolled } = await read()
    if (enrolled.passkeys.length === 0) throw new PasskeyError('passkey-unset')
    const { id, result } = await evaluateCredential(names, enrolled.passkeys, prompt)
    const record = enrolled.passkeys.find(({ credentialId }) => credentialId === id)
    if (!record) throw new PasskeyError('passkey-wrong')
    const wrapper = await deriveWrapper('passkey', result, record.salt)
    await accept({ record, wrapper }, 'passkey-wrong')
    return { record, wrapper, enrolled }
  }

  /** Opens the vault key, and holds it if it is still the database's: another tab may have erased it during the prompt. */
  async function accept({ record, wrapper }: Proof, wrong: 'passkey-wrong' | 'recovery-code-wrong') {
    const key = await unwrapVaultKey(record, wrapper).catch((cause: unknown) => {
      throw new PasskeyError(wrong, undefined, { cause })
    })
    const { enrolled } = await read()
    if (!opensVault(enrolled, record.vault)) throw new PasskeyError('passkey-changed')
    remembered = enrolled
    hold({ vault: record.vault, key })
  }

  async function begin(enrolled: Enrolled, proof: Proof | null, first: 'create' | 'code') {
    const store = await open()
    const onDone = (key: CryptoKey, vault: string) => {
      hold({ vault, key })
      // Read again, so that the records are remembered.
      read().catch(() => {})
    }
    return createSetup({ names, store, enrolled, proof, onDone }, first)
  }

  async function provide(): Promise<CryptoKey> {
    if (!held) throw unavailable('passkey-locked')
    const { vault } = held
    const store = await open()
    await restoreEmptied(store)
    const isStored = opensVault(await readEnrolled(store), vault)
    // Meanwhile, the app may have locked the key, or the user may have opened the next generation's.
    if (held?.vault !== vault) throw unavailable(held ? 'passkey-changed' : 'passkey-locked')
    if (isStored) return held.key
    hold(null)
    throw unavailable('passkey-changed')
  }

  return Object.assign(provide, {
    async status(): Promise<PasskeyStatus> {
      const { enrolled } = await read()
      const isOpen = held !== null && opensVault(enrolled, held.vault)
      return {
        state: isOpen ? 'open' : isEmpty(enrolled) ? 'unset' : 'locked',
        passkeys: enrolled.passkeys.map(({ credentialId: id, createdAt }) => ({ id, createdAt })),
      } as const
    },
    async unlock(prompt: PromptOptions = {}) {
      await prove(prompt)
    },
    async setUp() {
      const { enrolled } = await read()
      if (!isEmpty(enrolled)) throw new PasskeyError('passkey-changed')
      return begin(enrolled, null, 'create')
    },
    async addPasskey(prompt: PromptOptions = {}) {
      const { enrolled, ...proof } = await prove(prompt)
      return begin(enrolled, proof, 'create')
    },
    async recover(code: string) {
      check({ 'recover: code': code }, (value) => typeof value === 'string', 'a string')
      const characters = parseRecoveryCode(code)
      const { enrolled } = await read()
      if (!enrolled.recovery) throw new PasskeyError('passkey-unset')
      const record = enrolled.recovery
      const proof = { record, wrapper: await deriveFromCode(characters, record.salt) }
      await accept(proof, 'recovery-code-wrong')
      return begin(enrolled, proof, 'create')
    },
    async renewRecoveryCode(prompt: PromptOptions = {}) {
      const { enrolled, ...proof } = await prove(prompt)
      return begin(enrolled, proof, 'code')
    },
    async removePasskey(id: string) {
      const { store, enrolled } = await read()
      if (!held || !opensVault(enrolled, held.vault)) throw new PasskeyError('passkey-locked')
      const record = enrolled.passkeys.find(({ credentialId }) => credentialId === id)
      if (!record) throw new PasskeyError('passkey-unset')
      if (enrolled.passkeys.length === 1) throw new PasskeyError('passkey-last')
      // Expects all passkeys, because another tab may remove the other one at the same time.
      const expected = new Map(enrolled.passkeys.map((passkey) => [keyOf(passkey), passkey]))
      try {
        await store.write(new Map([[passkeyKey(id), null]]), { durability: 'strict', expected })
      } catch (error) {
        throw isWriteConflict(error) ? new PasskeyError('passkey-changed') : asWriteError(error)
      }
      if (remembered)
        remembered = { ...enrolled, passkeys: enrolled.passkeys.filter((one) => one !== record) }
      discardCredential(id, names.rpId)
      notify()
    },
    lock() {
      remembered = null
      hold(null)
    },
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  })
}

const keyOf = (record: { name: string; credentialId?: string }) =>
  record.credentialId === undefined ? RECOVERY : passkeyKey(record.credentialId)

/** The storage treats all provider failures alike: stored data stays closed and unchanged, and the next page tries again. */
function unavailable(code: 'passkey-locked' | 'passkey-changed'): VoiceAgentError {
  const detail = 'passkeyKeyProvider has no key: call unlock() from a click, before you create the agent.'
  return new VoiceAgentError('key-unavailable', detail, { cause: new PasskeyError(code) })
}

async function openStore(options: PasskeyOptions, scope: string | null): Promise<RecordStore> {
  // Insecure origins have no `crypto.subtle`.
  if (globalThis.crypto?.subtle === undefined) throw new VoiceAgentError('storage-unavailable')
  const { DEFAULT_DATABASE_NAME, openRecords } = await importWithUnloadRetry(
    () => import('../storage/database/open-database.js'),
  )
  const databaseName = await scopedName(options.databaseName ?? DEFAULT_DATABASE_NAME, scope)
  return openRecords({ ...options, databaseName })
}
