import { webcrypto } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createCryptoDouble } from '../../simulation/crypto-double.js'

let nextId = 0
const double = createCryptoDouble({
  nextId: () => ++nextId,
  random: Math.random,
  schedule: async (answer) => answer(),
})
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
