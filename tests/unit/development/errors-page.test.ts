import { readFileSync } from 'node:fs'
import { defaultTexts } from 'redux-voice-agent/texts'
import { expect, it } from 'vitest'
import { errorsPage, errorsPagePath } from '../../../.config/errors-page.js'
import { errorGuide } from '../../../src/lib/voice-agent/development/error-guide.js'
import { warningGuide } from '../../../src/lib/voice-agent/development/warning-guide.js'
import { errorCodes } from '../../../store/index.js'

it('matches the tables in the code: run `npm run docs:errors` after you change them', () => {
  expect(readFileSync(errorsPagePath, 'utf8')).toBe(errorsPage())
})

it('has a text for users and a guide for developers for every code, and no others', () => {
  expect(Object.keys(defaultTexts.errors).toSorted()).toEqual(errorCodes.toSorted())
  expect(Object.keys(errorGuide).toSorted()).toEqual(errorCodes.toSorted())
})

it.each(errorCodes)("%s is explained in users' words", (code) => {
  const text = defaultTexts.errors[code]
  expect(text).toMatch(/^[A-Z].*\.$/s)
  expect(text).not.toMatch(/\b(HTTP|tokens?|endpoints?|relay|server|SDP|ICE|IndexedDB|reducer|option)\b/i)
  // Added only when it is true.
  expect(text).not.toMatch(/conversation is (saved|kept)/)
})

it.each(Object.entries({ ...errorGuide, ...warningGuide }))(
  '%s names a cause and a remedy',
  (_code, guide) => {
    const { meaning, causes, remedies } = guide
    for (const sentence of [meaning, ...causes, ...remedies]) expect(sentence).toMatch(/^\S.*\.$/s)
    expect(causes.length).toBeGreaterThan(0)
    expect(remedies.length).toBeGreaterThan(0)
  },
)
