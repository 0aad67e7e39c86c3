import { defaultPasskeyTexts, passkeyErrorCodes } from 'redux-voice-agent/passkey'
import { expect, it } from 'vitest'
import { passkeyTextsOf } from '../../../storybook/locales/passkey.js'

it.each(['en', 'de', 'ar'])('%s has every text, and a text for every error', (locale) => {
  const texts = passkeyTextsOf(locale)
  expect(Object.keys(texts).toSorted()).toEqual(Object.keys(defaultPasskeyTexts).toSorted())
  expect(Object.keys(texts.errors).toSorted()).toEqual(passkeyErrorCodes.toSorted())
  for (const text of [...Object.values(texts), ...Object.values(texts.errors)]) expect(text).not.toBe('')
  if (locale !== 'en') expect(texts.setUpText).not.toBe(defaultPasskeyTexts.setUpText)
})

it.each(passkeyErrorCodes)("%s is explained in users' words", (code) => {
  const text = defaultPasskeyTexts.errors[code]
  expect(text).toMatch(/^[A-Z].*\.$/s)
  expect(text).not.toMatch(/\b(HTTP|PRF|WebAuthn|credential|authenticator|server|IndexedDB|vault)\b/i)
})
