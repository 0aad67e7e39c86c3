import type { ShareReceipt } from 'redux-voice-agent/share'
import { expect, test } from 'vitest'
import {
  addReceipt,
  loadReceipts,
  makeMyKeys,
  onReceiptsElsewhere,
  removeReceipt,
} from '../../../examples/voice-app/app/sharing.js'

const receiptOf = (id: string): ShareReceipt => ({
  id,
  role: 'view',
  createdAt: 1,
  expiresAt: 2,
  revokeSecret: 'secret',
})
const ids = (receipts: readonly ShareReceipt[]) => receipts.map(({ id }) => id)

test('changes the stored receipts, which another tab may have changed meanwhile', () => {
  localStorage.setItem('labs/shares', 'null')
  expect(loadReceipts()).toEqual([])
  addReceipt(receiptOf('a'))
  // Another tab.
  localStorage.setItem('labs/shares', JSON.stringify([receiptOf('a'), receiptOf('b')]))
  expect(ids(addReceipt(receiptOf('c')))).toEqual(['a', 'b', 'c'])
  expect(ids(removeReceipt('a'))).toEqual(['b', 'c'])
  const heard: string[][] = []
  const stop = onReceiptsElsewhere((receipts) => heard.push(ids(receipts)))
  dispatchEvent(new StorageEvent('storage', { key: 'labs/other' }))
  dispatchEvent(new StorageEvent('storage', { key: 'labs/shares' }))
  stop()
  dispatchEvent(new StorageEvent('storage', { key: null }))
  expect(heard).toEqual([['b', 'c']])
  localStorage.removeItem('labs/shares')
})

test('creates one key for all tabs that create one at the same time', async () => {
  const made = await Promise.all([makeMyKeys(), makeMyKeys(), makeMyKeys()])
  expect(new Set(made.map(({ publicKey }) => publicKey)).size).toBe(1)
})
