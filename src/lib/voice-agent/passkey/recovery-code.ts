import { PasskeyError } from './passkey-error.js'

/** Crockford's alphabet, without I, L, O and U, which are easily misread. Each character is an element of GF(32). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 26 random characters are 130 bits, so the code can't be guessed and needs no slow derivation. */
const RANDOM_LENGTH = 26
const CHECK_LENGTH = 2
const GROUP_LENGTH = 4

/** Powers of the generator x of GF(32), with the polynomial x^5 + x^2 + 1, twice, so that a sum of two logarithms is an index. */
const powers = Array.from({ length: 62 }, () => 1)
for (let exponent = 1; exponent < powers.length; exponent++) {
  const doubled = (powers[exponent - 1] ?? 0) * 2
  powers[exponent] = doubled & 32 ? doubled ^ 0b100101 : doubled
}

function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (powers[powers.indexOf(a) + powers.indexOf(b)] ?? 0)
}

/**
 * Divides by (x - α)(x - α²). Appended to the values, the remainder forms a Reed-Solomon code, which detects any one or two wrong
 * characters, including swaps.
 */
function remainderOf(values: readonly number[]): [number, number] {
  const [a, b] = [2, 4]
  let [high, low] = [0, 0]
  for (const value of values) {
    const factor = value ^ high
    ;[high, low] = [low ^ multiply(factor, a ^ b), multiply(factor, multiply(a, b))]
  }
  return [high, low]
}

/** Creates a code such as `7Q3M-XK2T-…`: 130 random bits and a checksum, in seven groups of four characters. */
export function createRecoveryCode(): string {
  // 256 is a multiple of 32, so every character is equally likely.
  const values = [...crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH))].map((byte) => byte % 32)
  const characters = [...values, ...remainderOf(values)].map((value) => ALPHABET[value]).join('')
  return characters.replaceAll(new RegExp(`(.{${GROUP_LENGTH}})(?=.)`, 'g'), '$1-')
}

/** Digits of other keyboards: Arabic-Indic and their Persian forms. NFKC covers full-width ones. */
const FOREIGN_DIGITS = /[\u0660-\u0669\u06F0-\u06F9]/g

/**
 * Returns the characters of a typed code. Ignores case, spaces and dashes of any kind, and reads O as 0, I and L as 1, and Arabic digits
 * as ASCII digits.
 *
 * @throws PasskeyError `recovery-code-mistyped` if characters are missing, invalid or wrong
 */
export function parseRecoveryCode(typed: string): string {
  const characters = typed
    .normalize('NFKC')
    .replaceAll(FOREIGN_DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf))
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}\p{Cf}_.:]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  const values = [...characters].map((character) => ALPHABET.indexOf(character))
  const isComplete = values.length === RANDOM_LENGTH + CHECK_LENGTH && !values.includes(-1)
  if (!isComplete || remainderOf(values).some((value) => value !== 0))
    throw new PasskeyError('recovery-code-mistyped')
  return characters
}
