import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { createRecoveryCode, parseRecoveryCode } from '../../../src/lib/voice-agent/passkey/recovery-code.js'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const mistyped = expect.objectContaining({ code: 'recovery-code-mistyped' })
const codes = fc.constant(null).map(() => createRecoveryCode())

/** Result of the parser, or the code of its error. */
function parse(typed: string): string {
  try {
    return parseRecoveryCode(typed)
  } catch (error) {
    expect(error).toEqual(mistyped)
    return 'mistyped'
  }
}

it('has seven groups of four characters that are hard to misread, and parses to itself', () => {
  fc.assert(
    fc.property(codes, (code) => {
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/)
      expect(parseRecoveryCode(code)).toBe(code.replaceAll('-', ''))
    }),
  )
})

test('1,000 codes differ, and use every character in every random position', () => {
  const all = Array.from({ length: 1000 }, createRecoveryCode)
  expect(new Set(all).size).toBe(1000)
  const characters = all.map((code) => [...code.replaceAll('-', '')])
  for (let place = 0; place < 26; place++) {
    // The chance that one is missing is 1 in 10^12.
    expect(new Set(characters.map((code) => code[place])).size, `place ${place}`).toBe(32)
  }
})

it('is read in any case, with spaces and dashes, O for 0, I and L for 1, and digits from Arabic keyboards', () => {
  const styles: ((code: string) => string)[] = [
    (code) => code.toLowerCase(),
    (code) => ` ${code.replaceAll('-', ' ')}\n`,
    (code) => code.replaceAll('-', '–'),
    (code) => code.replaceAll('-', ''),
    (code) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    (code) => code.replaceAll('0', 'O').replaceAll('1', 'I'),
    (code) => code.replaceAll(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
    (code) => code.replaceAll(/\d/g, (digit) => String.fromCharCode(0x6f0 + Number(digit))),
    (code) => code.replaceAll(/\w/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
    (code) => `\u200f${code}\u200e`,
  ]
  fc.assert(
    fc.property(codes, fc.constantFrom(...styles), (code, style) => {
      expect(parse(style(code))).toBe(code.replaceAll('-', ''))
    }),
  )
})

it('detects any one or two wrong characters', () => {
  const place = fc.nat(27)
  const change = fc.tuple(place, fc.integer({ min: 1, max: 31 }))
  fc.assert(
    fc.property(
      codes,
      fc.uniqueArray(change, { minLength: 1, maxLength: 2, selector: ([at]) => at }),
      (code, changes) => {
        const characters = [...code.replaceAll('-', '')]
        for (const [at, by] of changes) {
          const value = ALPHABET.indexOf(characters[at] ?? '')
          characters[at] = ALPHABET[(value + by) % 32] ?? ''
        }
        expect(parse(characters.join(''))).toBe('mistyped')
      },
    ),
    { numRuns: 2000 },
  )
})

it('detects any two different characters that were swapped', () => {
  fc.assert(
    fc.property(codes, fc.nat(27), fc.nat(27), (code, one, two) => {
      const characters = [...code.replaceAll('-', '')]
      fc.pre(characters[one] !== characters[two])
      const [a = '', b = ''] = [characters[one], characters[two]]
      characters[one] = b
      characters[two] = a
      expect(parse(characters.join(''))).toBe('mistyped')
    }),
    { numRuns: 2000 },
  )
})

it('rejects missing, additional and impossible characters', () => {
  fc.assert(
    fc.property(codes, fc.string(), fc.nat(40), (code, text, at) => {
      expect(parse(code.slice(0, at % (code.length - 1)))).toBe('mistyped')
      expect(parse(`${code}${text}Z`)).toBe('mistyped')
      expect(parse(code.replace(/\w/, 'U'))).toBe('mistyped')
      expect(parse(text)).toBe('mistyped')
    }),
  )
})
