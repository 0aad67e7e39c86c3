import {
  type Changes,
  fingerprintOf,
  isWriteConflict,
  type RecordStore,
} from '../storage/database/record-store.js'
import type { StoredRecord } from '../storage/records/record.js'
import { asWriteError } from '../storage/records/storage-errors.js'
import { PasskeyError } from './passkey-error.js'
import {
  createSalt,
  deriveFromCode,
  deriveWrapper,
  type Enrolled,
  generateVaultKey,
  type PasskeyRecord,
  passkeyKey,
  RECOVERY,
  type RecoveryRecord,
  unwrapVaultKey,
  type WrapRecord,
  wrapVaultKey,
} from './passkey-records.js'
import { createRecoveryCode, parseRecoveryCode } from './recovery-code.js'
import {
  createCredential,
  discardCredential,
  evaluateCredential,
  type PasskeyNames,
  type PromptOptions,
} from './web-authn.js'

/**
 * Next step of a {@link PasskeySetup}:
 *
 * - `create`: call `create()` from a click. The browser asks for a new passkey.
 * - `evaluate`: call `evaluate()` from a click. This authenticator reveals its key only when the passkey is used, so the browser asks again.
 * - `code`: show `recoveryCode`, hide it, and call `confirm()` with the user's input.
 * - `done`: stored. `cancelled`: nothing was stored.
 */
export type PasskeySetupStep = 'create' | 'evaluate' | 'code' | 'done' | 'cancelled'

/** Sets up or adds a passkey, or creates a new recovery code, step by step. Nothing is stored before it is done. */
export interface PasskeySetup {
  readonly step: PasskeySetupStep
  /** The recovery code during the step `code`, otherwise null. Show it once and don't store it anywhere. */
  readonly recoveryCode: string | null
  /** @throws PasskeyError `passkey-unsupported`, `passkey-no-prf`, `passkey-exists`, `passkey-cancelled`, `passkey-failed`; the step stays */
  create(options?: PromptOptions): Promise<void>
  /** @throws as {@link create} */
  evaluate(options?: PromptOptions): Promise<void>
  /**
   * Compares the user's input with the code, and stores everything together.
   *
   * @throws PasskeyError `recovery-code-mistyped`; the step stays
   * @throws PasskeyError `passkey-changed` if another tab was faster; nothing was stored
   * @throws VoiceAgentError `storage-quota`, `storage-write-failed`; the step stays
   */
  confirm(typed: string): Promise<void>
  /** Ends the setup without storing anything, and asks the browser to delete a passkey created for it. */
  cancel(): void
}

/** A record and the key that opens it: proof that the user was present, and the only way to rewrap the vault key. */
export interface Proof {
  record: WrapRecord
  wrapper: CryptoKey
}

interface SetupPorts {
  names: PasskeyNames
  store: RecordStore
  /** Stored records when the setup started. */
  enrolled: Enrolled
  /** Null for the first passkey, which creates the vault key. */
  proof: Proof | null
  /** Called once everything is stored. */
  onDone(vaultKey: CryptoKey, vault: string): void
}

/** Records to store once the code has been typed back. */
interface Pending {
  code: string
  vaultKey: CryptoKey
  changes: Map<string, StoredRecord>
}

/** @param first `code` only creates a new recovery code, and needs a proof. */
export async function createSetup(ports: SetupPorts, first: 'create' | 'code'): Promise<PasskeySetup> {
  const { names, store, enrolled, proof, onDone } = ports
  const vault = proof?.record.vault ?? crypto.getRandomValues(new Uint32Array(4)).join('-')
  const salt = enrolled.passkeys[0]?.salt ?? createSalt()
  let step: PasskeySetupStep = first
  let created: { id: string; transports: string } | null = null
  let pending: Pending | null = null
  let isBusy = false
  let isWriting = false
  let mayBeStored = false

  /** Provides the vault key in extractable form while `use` runs. */
  async function withVaultKey<T>(use: (vaultKey: CryptoKey) => Promise<T>): Promise<T> {
    const vaultKey = proof
      ? await unwrapVaultKey(proof.record, proof.wrapper, true)
      : await generateVaultKey()
    return use(vaultKey)
  }

  async function makeRecovery(vaultKey: CryptoKey): Promise<Pending> {
    const code = createRecoveryCode()
    const recoverySalt = createSalt()
    const wrapper = await deriveFromCode(parseRecoveryCode(code), recoverySalt)
    const record = await wrapVaultKey<RecoveryRecord>(vaultKey, wrapper, {
      name: 'recovery',
      vault,
      salt: recoverySalt,
    })
    return { code, vaultKey: await unwrapVaultKey(record, wrapper), changes: new Map([[RECOVERY, record]]) }
  }

  async function takeResult(result: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!created) return
    const header = {
      name: 'passkey' as const,
      vault,
      salt,
      credentialId: created.id,
      transports: created.transports,
    }
    const wrapper = await deriveWrapper('passkey', result, salt)
    await withVaultKey(async (vaultKey) => {
      const record = await wrapVaultKey<PasskeyRecord>(vaultKey, wrapper, header)
      const place = passkeyKey(record.credentialId)
      const opened = await unwrapVaultKey(record, wrapper)
      // From here to the write, nothing can cancel.
      if (step === 'cancelled') return
      if (proof) return write(new Map([[place, record]]), opened)
      pending = await makeRecovery(vaultKey)
      pending.changes.set(place, record)
      enter('code')
    })
  }

  /** Writes only if the recovery record has not changed since it was read: another tab may have set up its own meanwhile. */
  async function write(changes: Changes, vaultKey: CryptoKey): Promise<void> {
    const expected = new Map<string, StoredRecord | null>([...changes.keys()].map((key) => [key, null]))
    expected.set(RECOVERY, enrolled.place)
    isWriting = true
    try {
      await store.write(changes, { durability: 'strict', expected })
    } catch (error) {
      if (!isWriteConflict(error)) {
        // A broken connection may have stored it anyway.
        mayBeStored = true
        throw asWriteError(error)
      }
      if (!(await areStored(changes))) {
        end('cancelled')
        throw new PasskeyError('passkey-changed')
      }
    } finally {
      isWriting = false
    }
    onDone(vaultKey, vault)
    created = null
    end('done')
  }

  /** True if an earlier attempt was stored although it failed. */
  async function areStored(changes: Changes): Promise<boolean> {
    const found = await store.readMany([...changes.keys()])
    return [...changes.values()].every(
      (record, index) => fingerprintOf(record) === fingerprintOf(found[index] ?? null),
    )
  }

  function discard() {
    if (created && !mayBeStored) discardCredential(created.id, names.rpId)
    created = null
  }

  function enter(next: PasskeySetupStep) {
    // Cancelled meanwhile.
    if (step !== 'cancelled') step = next
  }

  function end(last: 'done' | 'cancelled') {
    step = last
    pending = null
    discard()
  }

  /** Runs one step at a time, and only the one that is due. */
  async function run(due: PasskeySetupStep, task: () => Promise<void>): Promise<void> {
    if (step !== due || isBusy) throw new PasskeyError('passkey-failed', `PasskeySetup: the step is ${step}.`)
    isBusy = true
    try {
      await task()
    } finally {
      isBusy = false
      if (step === 'cancelled') end('cancelled')
    }
  }

  if (first === 'code') pending = await withVaultKey(makeRecovery)

  return {
    get step() {
      return step
    },
    get recoveryCode() {
      return step === 'code' ? (pending?.code ?? null) : null
    },
    create: (options = {}) =>
      run('create', async () => {
        // An earlier passkey whose key could not be stored opens nothing.
        discard()
        const known = enrolled.passkeys.map(({ credentialId }) => credentialId)
        const { result, ...credential } = await createCredential(names, known, salt, options)
        created = credential
        if (step === 'cancelled') return
        if (result) await takeResult(result)
        else enter('evaluate')
      }),
    evaluate: (options = {}) =>
      run('evaluate', async () => {
        if (!created) return
        const credential = { credentialId: created.id, transports: created.transports, salt }
        const { result } = await evaluateCredential(names, [credential], options)
        if (step !== 'cancelled') await takeResult(result)
      }),
    confirm: (typed) =>
      run('code', async () => {
        if (!pending) return
        if (parseRecoveryCode(typed) !== parseRecoveryCode(pending.code))
          throw new PasskeyError('recovery-code-mistyped')
        await write(pending.changes, pending.vaultKey)
      }),
    cancel() {
      // A write in progress can no longer be undone.
      if (step !== 'done' && !isWriting) end('cancelled')
    },
  }
}
