import { describe, expect, it, vi } from 'vitest'
import { refreshDelay } from '../../../middleware/drivers/token/driver.js'
import { createTokenSource, parseExpiry, parseToken } from '../../../middleware/drivers/token/token-source.js'

const signal = new AbortController().signal
const inAMinute = () => Date.now() + 60_000

describe('a token', () => {
  it('may express its expiry in seconds, milliseconds or as ISO 8601 text', () => {
    const ms = Date.UTC(2026, 10, 22, 12)
    expect([ms / 1000, ms, '2026-11-22T12:00:00Z', String(ms / 1000)].map(parseExpiry)).toEqual([
      ms,
      ms,
      ms,
      ms,
    ])
    expect(['soon', 0, -1, null, {}].map(parseExpiry)).toEqual(Array(5).fill(Number.NaN))
  })

  it('is rejected with the name of the invalid field, but not its value', () => {
    const now = 1_000_000_000_000
    const expiresAt = now + 1
    expect(() => parseToken({ token: '', expiresAt, sessionId: 's' }, now)).toThrow(
      'refreshToken must return token, a string; got an empty string.',
    )
    expect(() => parseToken({ token: 'secret', expiresAt: 'x', sessionId: 's' }, now)).toThrow(
      'refreshToken must return expiresAt, in seconds, milliseconds or ISO 8601; got string.',
    )
    expect(() => parseToken({ token: 'secret', expiresAt, sessionId: 7 }, now)).toThrow(
      /sessionId, .*; got number/,
    )
    expect(() => parseToken(null, now)).toThrow(expect.objectContaining({ code: 'token-malformed' }))
  })

  it('is rejected if it has a duration instead of the time of its end, unless this clock has just begun', () => {
    const answer = { token: 'secret', expiresAt: 600, sessionId: 's' }
    expect(() => parseToken(answer, 1_790_000_000_000)).toThrow(
      'refreshToken must return expiresAt, a time, not a duration; got number.',
    )
    expect(parseToken(answer, 0).expiresAt).toBe(600_000)
  })

  it('that has already expired by this clock is used for a minute, because the clock may be ahead of the server', async () => {
    for (const life of [-60_000, 0]) {
      const callback = vi.fn(async () => ({ token: 'a', expiresAt: Date.now() + life, sessionId: 's' }))
      const source = createTokenSource(callback, () => {})
      const { token, expiresAt } = await source.get({ signal })
      expect(token).toBe('a')
      expect(expiresAt - Date.now()).toBeGreaterThan(50_000)
      await source.get({ signal })
      expect(callback).toHaveBeenCalledTimes(1)
    }
  })

  it('is requested once, however many wait for it, and kept until it expires', async () => {
    const callback = vi.fn(async () => ({ token: 'a', expiresAt: inAMinute(), sessionId: 's' }))
    const source = createTokenSource(callback, () => {})
    await Promise.all([source.get({ signal }), source.get({ signal }), source.get({ renew: true, signal })])
    await source.get({ signal })
    expect(callback).toHaveBeenCalledTimes(1)
    await source.get({ renew: true, signal })
    expect(callback).toHaveBeenCalledTimes(2)
    expect(callback).toHaveBeenLastCalledWith(expect.objectContaining({ sessionId: 's', token: 'a' }))
  })

  it('times out after fifteen seconds', async () => {
    vi.useFakeTimers()
    try {
      const source = createTokenSource(
        () => new Promise(() => {}),
        () => {},
      )
      const refused = expect(source.get({ signal })).rejects.toMatchObject({ code: 'token-refresh-failed' })
      await vi.advanceTimersByTimeAsync(15_000)
      await refused
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not let the text of a foreign error through', async () => {
    const callback = () => Promise.reject(new Error('Bearer secret'))
    const source = createTokenSource(callback, () => {})
    await expect(source.get({ signal })).rejects.not.toThrow(/secret/)
  })

  it('is refreshed a fifth of its life before it expires, at most a minute, with jitter', () => {
    expect(refreshDelay(100_000, 0, 0)).toBe(80_000)
    expect(refreshDelay(100_000, 0, 1)).toBe(70_000)
    expect(refreshDelay(3_600_000, 0, 0)).toBe(3_540_000)
    expect(refreshDelay(0, 5_000, 1)).toBe(0)
  })
})
