/** Data that a page writes to IndexedDB, counted while `isCounting`. */
export const written = { isCounting: false, bytes: 0, transactions: 0 }

/** Structured-clone size of a value in bytes: one per character of these texts, eight per number. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value === 'number' || typeof value === 'boolean') return 8
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength
  if (value instanceof Blob) return value.size
  if (value === null || typeof value !== 'object') return 0
  return Object.entries(value).reduce((sum, [name, part]) => sum + name.length + sizeOf(part), 0)
}

/** Wraps IndexedDB's write methods. While not counting, a call costs one extra comparison. */
export function probeIndexedDb(): void {
  for (const method of ['put', 'add'] as const) {
    const original = IDBObjectStore.prototype[method]
    IDBObjectStore.prototype[method] = function (value, key) {
      if (written.isCounting) written.bytes += sizeOf(value) + sizeOf(key)
      return original.call(this, value, key)
    }
  }
  const original = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (written.isCounting && mode === 'readwrite') written.transactions++
    return original.call(this, stores, mode, options)
  }
}
