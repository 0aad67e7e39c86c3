import { backupErrorCodes, defaultBackupTexts } from 'redux-voice-agent/backup'
import { expect, it } from 'vitest'
import { backupTextsOf } from '../../../storybook/locales/backup.js'

it.each(['en', 'de', 'ar'])('%s has every text, and a text for every error', (locale) => {
  const texts = backupTextsOf(locale)
  expect(Object.keys(texts).toSorted()).toEqual(Object.keys(defaultBackupTexts).toSorted())
  expect(Object.keys(texts.errors).toSorted()).toEqual(backupErrorCodes.toSorted())
  for (const text of [...Object.values(texts), ...Object.values(texts.errors)]) expect(text).not.toBe('')
  expect(texts.syncedAt('DATE')).toContain('DATE')
  for (const withTitle of [texts.restoreOne, texts.deleteOne, texts.deleteText])
    expect(withTitle('TITLE')).toContain('TITLE')
  // A screen reader and voice control use the name, a sighted user the label in it.
  expect(texts.restoreOne('TITLE').startsWith(texts.restore)).toBe(true)
  expect(texts.progress(2, 5)).toMatch(/2.*5/)
  expect(texts.passphraseTooShort(12)).toContain('12')
  for (const count of [1, 2, 12]) {
    for (const withCount of [texts.conversationCount, texts.messageCount, texts.skipped])
      expect(withCount(count)).toContain(String(count))
    expect(texts.synced(count, 0)).toContain(String(count))
    expect(texts.restored(0, count, 0)).toContain(String(count))
  }
  expect(texts.synced(0, 3)).toContain('3')
  expect(texts.restored(0, 0, 0)).not.toBe('')
  if (locale !== 'en') expect(texts.loading).not.toBe(defaultBackupTexts.loading)
})

it.each(backupErrorCodes)('%s is told to users in their own words', (code) => {
  const text = defaultBackupTexts.errors[code]
  expect(text).toMatch(/^[A-Z].*\.$/s)
  expect(text).not.toMatch(
    /\b(HTTP|AES|key|server|ciphertext|hash|manifest|chain|object|store|token|signature)\b/i,
  )
})
