import { toBase64, toBase64Url } from '../storage/records/record.js'
import { PasskeyError } from './passkey-error.js'

/** How your app's passkeys are named and made. */
export interface PasskeyNames {
  /** Name of your app in the browser's prompt. @default the page's host name */
  appName?: string
  /** Name of the passkey in the browser's lists, beside the user's other ones of your site. @default 'Conversations' */
  userName?: string
  /** Domain that the passkey belongs to: the page's host name or a parent domain of it. Never change it. @default the page's host name */
  rpId?: string
  /**
   * `discouraged` makes passkeys that a sign-in without a list of credentials does not offer, where the authenticator can. Passkey
   * managers of phones make discoverable ones only. @default 'preferred'
   */
  residentKey?: ResidentKeyRequirement
}

export interface PromptOptions {
  /** Closes the browser's prompt, which counts as cancelled. */
  signal?: AbortSignal
}

/** A credential that was created, with the PRF's result if the authenticator gives it when it creates. */
export interface CreatedCredential {
  id: string
  transports: string
  result: Uint8Array<ArrayBuffer> | null
}

const fromBase64Url = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  )

/** No server verifies the signature: the PRF's result proves the authenticator, because it alone opens the key. */
const createChallenge = () => crypto.getRandomValues(new Uint8Array(32))

/**
 * Asks for a new passkey with the PRF extension. Call it from a click.
 *
 * @param known Ids of the credentials that are enrolled: their authenticators are refused.
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
        // A known id of a user would make the authenticator overwrite that user's passkey, which may be the one that signs in.
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
 * @param enrolled Each with its salt. They have the same one, unless a record was altered.
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
  // Browsers and passkey managers refuse `evalByCredential` in several versions, so one salt for all is asked for in the simple form.
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

/** Asks the browser to delete a passkey that opens nothing, where it can. */
export function discardCredential(credentialId: string, rpId: string = location.hostname): void {
  const signals = globalThis.PublicKeyCredential as unknown as {
    signalUnknownCredential?(options: { rpId: string; credentialId: string }): Promise<void>
  }
  // Only tidiness: the user can delete it in the browser's settings.
  signals.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {})
}

/**
 * Tells if this browser can use passkeys as keys, without a prompt. If it returns true, an authenticator may still have no PRF.
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
    // An aborted prompt rejects with the reason of the signal, which may be anything.
    throw signal?.aborted
      ? new PasskeyError('passkey-cancelled', undefined, { cause })
      : asPasskeyError(cause)
  }
  throw new PasskeyError('passkey-cancelled')
}

/** A browser says `NotAllowedError` for a cancelled prompt, a time-out and a missing passkey alike, so that a page learns nothing. */
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
