import { fromBase64Url, toBase64, toBase64Url } from '../storage/records/record.js'
import { PasskeyError } from './passkey-error.js'

/** How your app's passkeys are named and created. */
export interface PasskeyNames {
  /** Name of your app in the browser's prompt. @default the page's host name */
  appName?: string
  /** Name of the passkey in the browser's lists, next to the user's other passkeys for your site. @default 'Conversations' */
  userName?: string
  /** Domain that the passkey belongs to: the page's host name or a parent domain. Never change it. @default the page's host name */
  rpId?: string
  /**
   * `discouraged` creates passkeys that are not offered for sign-in without a credential list, if the authenticator supports it. Passkey
   * managers on phones create only discoverable ones. @default 'preferred'
   */
  residentKey?: ResidentKeyRequirement
}

/** Options of a command that opens the browser's passkey prompt. */
export interface PromptOptions {
  /** Closes the browser's prompt, which counts as cancelled. */
  signal?: AbortSignal
}

/** A created credential, with the PRF result if the authenticator returns it on creation. */
export interface CreatedCredential {
  id: string
  transports: string
  result: Uint8Array<ArrayBuffer> | null
}

/** No server verifies the signature. The PRF result proves the authenticator, because only it opens the key. */
const createChallenge = () => crypto.getRandomValues(new Uint8Array(32))

/**
 * Asks for a new passkey with the PRF extension. Call it from a click.
 *
 * @param known Ids of enrolled credentials, whose authenticators are refused.
 * @throws PasskeyError `passkey-unsupported`, `passkey-no-prf`, `passkey-exists`, `passkey-cancelled`, `passkey-failed`
 */
export async function createCredential(
  { appName, userName = 'Conversations', rpId, residentKey = 'preferred' }: PasskeyNames,
  known: readonly string[],
  salt: ArrayBuffer,
  { signal }: PromptOptions,
): Promise<CreatedCredential> {
  await assertSupported()
  const credential = await ask(signal, () =>
    navigator.credentials.create({
      ...(signal ? { signal } : {}),
      publicKey: {
        challenge: createChallenge(),
        rp: { name: appName ?? location.hostname, ...(rpId === undefined ? {} : { id: rpId }) },
        // With an existing user id, the authenticator would overwrite that user's passkey, which may be the one for signing in.
        user: { id: crypto.getRandomValues(new Uint8Array(32)), name: userName, displayName: userName },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: known.map(describe),
        authenticatorSelection: { residentKey, userVerification: 'required' },
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  )
  const { prf } = credential.getClientExtensionResults()
  const created = {
    id: toBase64Url(credential.rawId),
    transports: (credential.response as AuthenticatorAttestationResponse).getTransports?.().join(' ') ?? '',
    result: takeBytes(prf?.results?.first),
  }
  if (prf?.enabled || created.result) return created
  discardCredential(created.id, rpId)
  throw new PasskeyError('passkey-no-prf')
}

/**
 * Asks for one of the enrolled passkeys, and evaluates its PRF. Call it from a click.
 *
 * @param enrolled Enrolled credentials. All have the same salt, unless a record was altered.
 * @throws PasskeyError `passkey-unsupported`, `passkey-no-prf`, `passkey-cancelled`, `passkey-failed`
 */
export async function evaluateCredential(
  { rpId }: PasskeyNames,
  enrolled: readonly { credentialId: string; salt: ArrayBuffer; transports: string }[],
  { signal }: PromptOptions,
): Promise<{ id: string; result: Uint8Array<ArrayBuffer> }> {
  await assertSupported()
  const salts = new Set(enrolled.map(({ salt }) => toBase64(salt)))
  const [first] = enrolled
  // Several versions of browsers and passkey managers refuse `evalByCredential`, so a single salt uses the simple form.
  const prf =
    salts.size === 1 && first
      ? { eval: { first: first.salt } }
      : {
          evalByCredential: Object.fromEntries(
            enrolled.map(({ credentialId, salt }) => [credentialId, { first: salt }]),
          ),
        }
  const credential = await ask(signal, () =>
    navigator.credentials.get({
      ...(signal ? { signal } : {}),
      publicKey: {
        challenge: createChallenge(),
        ...(rpId === undefined ? {} : { rpId }),
        allowCredentials: enrolled.map(({ credentialId, transports }) => ({
          ...describe(credentialId),
          ...(transports === '' ? {} : { transports: transports.split(' ') as AuthenticatorTransport[] }),
        })),
        userVerification: 'required',
        extensions: { prf },
      },
    }),
  )
  const result = takeBytes(credential.getClientExtensionResults().prf?.results?.first)
  if (!result) throw new PasskeyError('passkey-no-prf')
  return { id: toBase64Url(credential.rawId), result }
}

/** Asks the browser to delete a passkey that opens nothing, if supported. */
export function discardCredential(credentialId: string, rpId: string = location.hostname): void {
  const signals = globalThis.PublicKeyCredential as unknown as
    | { signalUnknownCredential?(options: { rpId: string; credentialId: string }): Promise<void> }
    | undefined
  // Optional cleanup: the user can also delete it in the browser's settings.
  signals?.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {})
}

/**
 * Checks if this browser can use passkeys as keys, without a prompt. Even if it can, an authenticator may lack PRF.
 *
 * @example
 * if (await isPasskeySupported()) offerPasskey()
 */
export async function isPasskeySupported(): Promise<boolean> {
  if (globalThis.PublicKeyCredential === undefined || globalThis.crypto?.subtle === undefined) return false
  try {
    const capabilities = await PublicKeyCredential.getClientCapabilities?.()
    return (capabilities as Record<string, boolean> | undefined)?.['extension:prf'] !== false
  } catch {
    return true
  }
}

async function assertSupported(): Promise<void> {
  if (!(await isPasskeySupported())) throw new PasskeyError('passkey-unsupported')
}

const describe = (credentialId: string): PublicKeyCredentialDescriptor => ({
  type: 'public-key',
  id: fromBase64Url(credentialId),
})

/** Copies the result, so that the caller can clear it. */
function takeBytes(source: BufferSource | undefined): Uint8Array<ArrayBuffer> | null {
  if (source === undefined) return null
  const view = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
  const bytes = view.slice()
  view.fill(0)
  return bytes.length === 32 ? bytes : null
}

async function ask(
  signal: AbortSignal | undefined,
  prompt: () => Promise<Credential | null>,
): Promise<PublicKeyCredential> {
  try {
    const credential = await prompt()
    if (credential) return credential as PublicKeyCredential
  } catch (cause) {
    // An aborted prompt rejects with the signal's reason, which may be anything.
    throw signal?.aborted
      ? new PasskeyError('passkey-cancelled', undefined, { cause })
      : asPasskeyError(cause)
  }
  throw new PasskeyError('passkey-cancelled')
}

/** Browsers report `NotAllowedError` for a cancelled prompt, a timeout and a missing passkey alike, so that a page learns nothing. */
function asPasskeyError(cause: unknown): PasskeyError {
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'NotAllowedError' || name === 'AbortError')
    return new PasskeyError('passkey-cancelled', undefined, { cause })
  if (name === 'InvalidStateError') return new PasskeyError('passkey-exists', undefined, { cause })
  if (name === 'SecurityError') {
    const detail =
      'passkeyKeyProvider: rpId must be the host name of the page or a parent domain of it, not an IP address.'
    return new PasskeyError('passkey-unsupported', detail, { cause })
  }
  if (name === 'NotSupportedError' || name === 'ConstraintError')
    return new PasskeyError('passkey-unsupported', undefined, { cause })
  return new PasskeyError('passkey-failed', undefined, { cause })
}
