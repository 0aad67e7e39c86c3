import { defaultTexts, type VoiceAssistantTexts } from 'redux-voice-agent/texts'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../../store/index.js'
import { ar } from '../../../storybook/locales/ar.js'
import { de } from '../../../storybook/locales/de.js'

type Leaf = string | ((...values: never[]) => string)

/** Lists a table's texts by path: `status.idle`. */
function listTexts(table: object, path = ''): [string, Leaf][] {
  return Object.entries(table).flatMap(([key, value]) =>
    typeof value === 'object' ? listTexts(value, `${path}${key}.`) : [[`${path}${key}`, value]],
  )
}

/** Arguments of the texts that are functions. All others take a number. */
const values: Partial<Record<keyof VoiceAssistantTexts, unknown[]>> = {
  // A text may have a decimal comma.
  spoken: [1.5],
  toolCall: [{ name: 'placeOrder', arguments: {}, status: 'failed' }],
  deleteConversationOf: ['Today'],
  renameConversationOf: ['Today'],
  exportConversationOf: ['Today'],
  nameOf: ['Today'],
  defaultDevice: ['Headset'],
  reconnectingIn: [3, 2, 10],
  reconnectingNow: [2, 10],
  plot: ['Jitter', { lowest: '1', highest: '3', latest: '2', seconds: 60 }],
}

const read = ([path, text]: [string, Leaf]): [string, string] => [
  path,
  typeof text === 'string'
    ? text
    : (text as (...given: unknown[]) => string)(...(values[path as keyof VoiceAssistantTexts] ?? [3])),
]

const readAll = (table: object) => new Map(listTexts(table).map(read))

/** Texts without words, or with a word that is the same in English. */
const shared: Record<string, string[]> = {
  de: ['unmeasured', 'milliseconds', 'percent', 'bitrate', 'figures.bitrate'],
  ar: ['unmeasured'],
}

describe.each(Object.entries({ de, ar }))('%s', (locale, texts) => {
  const english = readAll(defaultTexts)
  const translated = readAll(texts)

  it('has every text of the table, and no others', () => {
    expect([...translated.keys()].toSorted()).toEqual([...english.keys()].toSorted())
    expect(Object.keys(texts.errors).toSorted()).toEqual([...errorCodes].toSorted())
  })

  it('translates every text', () => {
    const same = [...translated].filter(([path, text]) => text === english.get(path)).map(([path]) => path)
    expect(same.filter((path) => !shared[locale]?.includes(path))).toEqual([])
  })

  it('gives a long wait in minutes', () => {
    for (const { reconnectingIn } of [defaultTexts, texts]) {
      expect(reconnectingIn(99, 1, null)).toContain('99')
      expect(reconnectingIn(3_541, 1, null)).toContain('60')
      expect(reconnectingIn(3_541, 1, null)).not.toContain('3541')
    }
  })

  it('uses numbers, conversations and devices where the English text does', () => {
    for (const [path, text] of english)
      for (const [value] of text.matchAll(/\b\d+\b|Today|Headset/g))
        expect(translated.get(path), path).toContain(value)
  })
})

it('Arabic has separate forms for one, two, few and many', () => {
  expect([0, 1, 2, 3, 11, 100].map(ar.messageCount)).toEqual([
    'لا رسائل',
    'رسالة واحدة',
    'رسالتان',
    '3 رسائل',
    '11 رسالة',
    '100 رسالة',
  ])
})
