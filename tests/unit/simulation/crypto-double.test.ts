import { webcrypto } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createCryptoDouble } from '../../simulation/crypto-double.js'
import { createVaultCryptoDouble } from '../../simulation/crypto-vault.js'

let nextId = 0
const ports = {
  nextId: () => ++nextId,
  random: Math.random,
  schedule: async <T>(answer: () => T) => answer(),
}
const double = createCryptoDouble(ports)
type Cipher = Pick<SubtleCrypto, 'generateKey' | 'encrypt' | 'decrypt'>

const algorithm = { name: 'AES-GCM', length: 256 }
const bytes = (text: string) => new TextEncoder().encode(text)

describe.each([
  ['WebCrypto', webcrypto.subtle as unknown as Cipher],
  ['its double', double.subtle as unknown as Cipher],
])('%s', (_name, subtle) => {
  const makeKey = async () =>
    (await subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])) as CryptoKey
  const iv = new Uint8Array(12).fill(7)
  const encrypt = (key: CryptoKey, text: string, header: string, own = iv) =>
    subtle.encrypt({ name: 'AES-GCM', iv: own, additionalData: bytes(header) }, key, bytes(text))
  const decrypt = async (key: CryptoKey, data: BufferSource, header: string, own = iv) =>
    new TextDecoder().decode(
      await subtle.decrypt({ name: 'AES-GCM', iv: own, additionalData: bytes(header) }, key, data),
    )
  const refusal = { name: 'OperationError' }

  test('decrypts what it encrypted with the same key, header and IV', async () => {
    const key = await makeKey()
    expect(await decrypt(key, await encrypt(key, 'some words', 'header'), 'header')).toBe('some words')
    expect(await decrypt(key, await encrypt(key, '', 'header'), 'header')).toBe('')
  })

  test('rejects another key, header or IV', async () => {
    const [key, other] = [await makeKey(), await makeKey()]
    const ciphertext = await encrypt(key, 'some words', 'header')
    await expect(decrypt(other, ciphertext, 'header')).rejects.toMatchObject(refusal)
    await expect(decrypt(key, ciphertext, 'another')).rejects.toMatchObject(refusal)
    await expect(decrypt(key, ciphertext, 'header', new Uint8Array(12))).rejects.toMatchObject(refusal)
  })

  test('rejects altered or truncated data, wherever that is', async () => {
    const key = await makeKey()
    const ciphertext = new Uint8Array(await encrypt(key, 'some words', 'header'))
    for (let index = 0; index < ciphertext.length; index++) {
      const altered = ciphertext.slice()
      altered[index] = (altered[index] ?? 0) ^ 1
      await expect(decrypt(key, altered, 'header')).rejects.toMatchObject(refusal)
    }
    await expect(decrypt(key, ciphertext.slice(0, -1), 'header')).rejects.toMatchObject(refusal)
    await expect(decrypt(key, new Uint8Array(3), 'header')).rejects.toMatchObject(refusal)
  })

  test('reveals nothing of the text', async () => {
    const key = await makeKey()
    const ciphertext = new Uint8Array(await encrypt(key, 'some words', 'header'))
    expect(Buffer.from(ciphertext).toString('latin1')).not.toContain('words')
  })
})

describe.each([
  ['WebCrypto', webcrypto.subtle as unknown as SubtleCrypto],
  ['the double of the backup', createVaultCryptoDouble(ports).subtle as unknown as SubtleCrypto],
])('%s', (_name, subtle) => {
  const derive = async (secret: string, salt: string) => {
    const base = await subtle.importKey('raw', bytes(secret), 'HKDF', false, ['deriveKey'])
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: bytes(salt), info: bytes('test') }
    return subtle.deriveKey(hkdf, base, algorithm, false, ['wrapKey', 'unwrapKey'])
  }
  const options = { name: 'AES-GCM', iv: new Uint8Array(12).fill(7) }

  test('unwraps a key only with a key that was derived from the same secret and salt', async () => {
    const raw = bytes('thirty-two bytes of a vault key.')
    const key = await subtle.importKey('raw', raw, algorithm, true, ['encrypt'])
    const wrapped = await subtle.wrapKey('raw', key, await derive('secret', 'salt'), options)
    const unwrap = async (wrapper: CryptoKey) =>
      subtle.exportKey(
        'raw',
        await subtle.unwrapKey('raw', wrapped, wrapper, options, algorithm, true, ['encrypt']),
      )
    expect(new Uint8Array(await unwrap(await derive('secret', 'salt')))).toEqual(raw)
    await expect(unwrap(await derive('other', 'salt'))).rejects.toMatchObject({ name: 'OperationError' })
    await expect(unwrap(await derive('secret', 'other'))).rejects.toMatchObject({ name: 'OperationError' })
  })

  test('exports only extractable keys', async () => {
    const key = await subtle.importKey('raw', new Uint8Array(32), algorithm, false, ['encrypt'])
    await expect(subtle.exportKey('raw', key)).rejects.toBeInstanceOf(DOMException)
  })

  test('verifies a signature with the public key, and no other bytes', async () => {
    const pair = (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
    const raw = await subtle.exportKey('raw', pair.publicKey)
    const key = await subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
    const signature = await subtle.sign('Ed25519', pair.privateKey, bytes('some words'))
    expect(await subtle.verify('Ed25519', key, signature, bytes('some words'))).toBe(true)
    expect(await subtle.verify('Ed25519', key, signature, bytes('other words'))).toBe(false)
  })

  test('computes SHA-256', async () => {
    const hash = Buffer.from(await subtle.digest('SHA-256', bytes('abc'))).toString('hex')
    expect(hash).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})
