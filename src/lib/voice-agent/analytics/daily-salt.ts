/** Key of the salt in `localStorage`. */
const STORAGE_KEY = 'redux-voice-agent/analytics-salt'
const SALT_LENGTH = 16

/** Hashes ids with a salt that lasts a day and stays in this browser profile. */
export interface DailyHash {
  /** Returns the hash of an id if it is already known. Otherwise, returns null and starts computing it. */
  get(id: string): string | null
  /** Returns the hash of an id; null without WebCrypto, as on an insecure origin. */
  hash(id: string): Promise<string | null>
  /** Deletes the salt, so that later hashes of the same id differ. */
  forget(): void
}

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The day in UTC, as `2026-11-29`. */
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

function store(): Storage | null {
  try {
    return globalThis.localStorage ?? null
  } catch {
    // Blocked by the browser's settings.
    return null
  }
}

function readSalt(day: string): string | null {
  try {
    const read: unknown = JSON.parse(store()?.getItem(STORAGE_KEY) ?? 'null')
    const { day: saved, salt } = (read ?? {}) as { day?: unknown; salt?: unknown }
    return saved === day && typeof salt === 'string' && /^[0-9a-f]{32}$/.test(salt) ? salt : null
  } catch {
    return null
  }
}

function makeSalt(day: string): string {
  const salt = toHex(crypto.getRandomValues(new Uint8Array(SALT_LENGTH)))
  try {
    // Replaces an earlier day's salt, so that day's hashes can't be computed again.
    store()?.setItem(STORAGE_KEY, JSON.stringify({ day, salt }))
  } catch {
    // Full or blocked: the salt lasts only for this page.
  }
  return salt
}

/**
 * Creates a page's hash function. Pages of the same profile share the day's salt, so that a session's visits can be counted
 * together. The salt is in `localStorage`, or in memory if that is not available.
 */
export function createDailyHash(): DailyHash {
  let current: { day: string; salt: string } | null = null
  let hashes = new Map<string, Promise<string | null>>()
  let known = new Map<string, string | null>()

  function saltOfToday(): string {
    const day = dayOf(Date.now())
    if (current?.day !== day) {
      current = { day, salt: readSalt(day) ?? makeSalt(day) }
      hashes = new Map()
      known = new Map()
    }
    return current.salt
  }

  async function compute(salt: string, id: string): Promise<string | null> {
    const { subtle } = globalThis.crypto ?? {}
    if (!subtle) return null
    const digest = await subtle.digest('SHA-256', new TextEncoder().encode(`${salt}:${id}`))
    // 128 bits are enough to tell sessions apart.
    return toHex(new Uint8Array(digest).subarray(0, 16))
  }

  function hash(id: string): Promise<string | null> {
    const salt = saltOfToday()
    const started = hashes.get(id)
    if (started) return started
    const into = known
    const computing = compute(salt, id)
      .catch(() => null)
      .then((value) => {
        into.set(id, value)
        return value
      })
    hashes.set(id, computing)
    return computing
  }

  return {
    hash,
    get(id) {
      void hash(id)
      return known.get(id) ?? null
    },
    forget() {
      current = null
      hashes = new Map()
      known = new Map()
      try {
        store()?.removeItem(STORAGE_KEY)
      } catch {
        // Blocked: nothing was stored.
      }
    },
  }
}
