import { defaultShareTexts, shareErrorCodes } from 'redux-voice-agent/share'
import { expect, it } from 'vitest'
import { shareTextsOf } from '../../../storybook/locales/share.js'

it.each(['en', 'de', 'ar'])('%s has every text, and a text for every error', (locale) => {
  const texts = shareTextsOf(locale)
  expect(Object.keys(texts).toSorted()).toEqual(Object.keys(defaultShareTexts).toSorted())
  expect(Object.keys(texts.errors).toSorted()).toEqual(shareErrorCodes.toSorted())
  expect(Object.keys(texts.roles)).toEqual(['view', 'comment', 'continue'])
  for (const text of [...Object.values(texts), ...Object.values(texts.errors)]) expect(text).not.toBe('')
  expect(texts.expires('DATE')).toContain('DATE')
  for (const count of [1, 2]) expect(texts.unreadableComments(count)).toContain(String(count))
  if (locale !== 'en') expect(texts.loading).not.toBe(defaultShareTexts.loading)
})

it.each(shareErrorCodes)("%s is explained in users' words", (code) => {
  const text = defaultShareTexts.errors[code]
  expect(text).toMatch(/^[A-Z].*\.$/s)
  expect(text).not.toMatch(/\b(HTTP|HPKE|AES|fragment|server|ciphertext|hash|role|token)\b/i)
})
