import { createClient, defineScript } from '@redis/client'
import { ApiError } from './errors.js'
import type { AgentMemory, Lease, SessionStore } from './session-store.js'

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with credentials and database. */
  url: string
  /** Seconds that a session is kept after its call was lost. */
  resumeSeconds: number
  /** Seconds after which a dead process's sessions are free. @default 5 */
  leaseSeconds?: number
}

/** Milliseconds within which Redis must answer. */
const answerMs = 1000
const retryAfterSeconds = 2
const longestPauseMs = 1000

// The record of a session is one hash, so that each script has one key, as a Redis cluster demands:
// epoch (the time of the claim, so that it also grows if Redis has lost the record), process and url of the owner, leaseUntil by Redis' own clock, memory as JSON.
const time = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)`
/** Rejects any epoch except the record's. A record that Redis has lost has none. */
const ifCurrent = `local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and epoch ~= ARGV[1] then return 'lost' end`

const scripts = {
  claimSession: script(`${time}
    local r = redis.call('HMGET', KEYS[1], 'process', 'url', 'leaseUntil')
    local left = (tonumber(r[3] or '0') or 0) - now
    if r[1] and r[1] ~= ARGV[1] and left > 0 then return {r[1], r[2], left} end
    local former = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
    local epoch = string.format('%.0f', math.max(former + 1, now))
    redis.call('HSET', KEYS[1], 'epoch', epoch, 'process', ARGV[1], 'url', ARGV[2], 'leaseUntil', string.format('%.0f', now + ARGV[3]))
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    return {epoch, redis.call('HGET', KEYS[1], 'memory')}`),
  saveSession: script(`${ifCurrent}
    if not epoch then return 'empty' end
    redis.call('HSET', KEYS[1], 'memory', ARGV[2])
    return 'held'`),
  renewSession: script(`${time}
    ${ifCurrent}
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'process', ARGV[2], 'url', ARGV[3], 'leaseUntil', string.format('%.0f', now + ARGV[4]))
    redis.call('PEXPIRE', KEYS[1], ARGV[5])
    return redis.call('HEXISTS', KEYS[1], 'memory') == 1 and 'held' or 'empty'`),
  releaseSession: script(`${ifCurrent}
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
    if ARGV[3] then redis.call('HSET', KEYS[1], 'memory', ARGV[3]) end
    redis.call('HDEL', KEYS[1], 'process', 'url', 'leaseUntil')
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return 'held'`),
  sessionOwner: script(`${time}
    local r = redis.call('HMGET', KEYS[1], 'process', 'url', 'leaseUntil')
    if not r[1] then return nil end
    return {r[1], r[2], math.max(0, (tonumber(r[3]) or 0) - now)}`),
}

function script(SCRIPT: string) {
  return defineScript({
    SCRIPT,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, id: string, ...args: (string | number)[]) {
      parser.pushKey(`voice-agent:session:${id}`)
      parser.push(...args.map(String))
    },
    transformReply: (reply: unknown) => reply,
  })
}

const unavailable = () =>
  new ApiError(503, 'store_unavailable', 'Sessions cannot be reached: try again.', retryAfterSeconds)

/** Keeps the records in Redis, for several processes. Connects in the background, and reconnects when the connection is lost. */
export function createRedisStore({ url, resumeSeconds, leaseSeconds = 5 }: RedisStoreOptions): SessionStore {
  const resumeMs = resumeSeconds * 1000
  const leaseMs = leaseSeconds * 1000
  const client = createClient({
    url,
    scripts,
    RESP: 2,
    maintNotifications: 'disabled',
    // Fails requests immediately: after the outage, their clients are gone.
    disableOfflineQueue: true,
    socket: { reconnectStrategy: (attempt) => Math.min(50 * 2 ** attempt, longestPauseMs) },
  })
  let isReported = false
  client.on('error', () => {
    if (isReported) return
    isReported = true
    // The URL may have a password.
    console.error(`Redis at ${new URL(url).host} cannot be reached: calls continue, and new ones get 503.`)
  })
  client.on('ready', () => {
    if (isReported) console.error(`Redis at ${new URL(url).host} is back.`)
    isReported = false
  })
  void client.connect().catch(() => {})

  /** Adds a timeout, because a dead host closes no connection. */
  const ask = async <T>(answer: Promise<unknown>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable()), answerMs)
    })
    try {
      return (await Promise.race([answer, late])) as T
    } catch (error) {
      throw error instanceof ApiError ? error : unavailable()
    } finally {
      clearTimeout(timer)
    }
  }
  const ownerFrom = ([id, address, left]: [string, string, number]) => ({ id, url: address, leaseMs: left })

  return {
    leaseMs,
    has: async (id) => (await ask<number>(client.exists(`voice-agent:session:${id}`))) === 1,
    async ownerOf(id) {
      const reply = await ask<[string, string, number] | null>(client.sessionOwner(id))
      return reply && ownerFrom(reply)
    },
    async claim(id, process) {
      const reply = await ask<[string, string, number] | [string, string | null]>(
        client.claimSession(id, process.id, process.url, leaseMs, leaseMs + resumeMs),
      )
      if (reply.length === 3) return { owner: ownerFrom(reply) }
      const [epoch, text] = reply
      return { epoch: Number(epoch), memory: text ? (JSON.parse(text) as AgentMemory) : null }
    },
    save: (id, epoch, memory) => ask<Lease>(client.saveSession(id, epoch, JSON.stringify(memory))),
    renew: (id, epoch, process) =>
      ask<Lease>(client.renewSession(id, epoch, process.id, process.url, leaseMs, leaseMs + resumeMs)),
    async release(id, epoch, memory) {
      await ask(client.releaseSession(id, epoch, resumeMs, ...(memory ? [JSON.stringify(memory)] : [])))
    },
    async close() {
      client.destroy()
    },
  }
}
