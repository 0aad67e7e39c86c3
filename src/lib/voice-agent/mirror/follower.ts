import type { SessionChannel } from '../../../../middleware/drivers/storage/ports.js'
import type { SessionMoves } from '../../../../middleware/session-moves.js'
import { pause } from '../../../../middleware/waiting.js'
import { isCallWanted, type MirrorStatus, VoiceAgentError, type VoiceError } from '../../../../store/index.js'
import { createIdLocks } from '../storage/tabs/web-locks.js'
import { createEarlierReader } from './earlier-reader.js'
import type { MirrorMessage, Offer, SharedToken } from './messages.js'
import { createOwnerSearch } from './owner-search.js'
import type { MirrorHost } from './port.js'
import { openSealedChannel } from './sealed-channel.js'
import { RECEIVED, type Received, type SharedAction, summarize } from './shared-state.js'

/** Milliseconds until an owner must have answered a command. */
const REQUEST_MS = 5_000
/** Extra milliseconds until a command counts as unanswered. The owner refuses it after `REQUEST_MS`. */
const ANSWER_GRACE_MS = 1_000
/** Milliseconds between requests for the whole state. */
const RESYNC_MS = 1_000
/** Milliseconds until the agent must have moved to this tab's call. */
const HANDOVER_MS = 15_000

/** How a conversation moved to this tab. */
export interface TakeoverOutcome {
  /** True if the agent moved at the end of a sentence from one connection to the other. False if the call was interrupted, or there was none. */
  isSeamless: boolean
}

/** Role of a tab that shows another tab's conversation. */
export interface Follower {
  readonly sessionId: string
  readonly status: MirrorStatus
  /** Resolves to true once it follows an owner, or to false if it finds none or ends. Pending again after the owner is gone. */
  readonly begun: Promise<boolean>
  /** True if the user ended the call while it was moving, or while there was no owner. */
  readonly isCallEnded: boolean
  /**
   * Sends a command to the owner, or to the next one while there is none.
   *
   * @throws VoiceAgentError the owner's error; `call-moved` if the session has left the owner, which may have run the command;
   *   `tab-unreachable`; `superseded` if this role has ended
   */
  command(name: string, payload: unknown): Promise<void>
  /**
   * Takes over the session with its call. `hasCall`: with a call even if there is none. `isAsked`: the user requests it, so the browser may
   * prompt for the microphone.
   */
  takeOver(options: { hasCall: boolean; isAsked: boolean }): Promise<TakeoverOutcome>
  loadEarlier(): Promise<void>
  /** Looks for the owner again, because the session has changed. */
  look(): void
  end(): void
}

export interface FollowerPorts {
  host: MirrorHost
  moves: SessionMoves
  channel: SessionChannel
  sessionId: string
  /** Random id of this role. */
  id: string
  /** Called when no owner was found. @param times How often that has happened since the last owner. */
  onGone(times: number): void
  /** Called when the session must disappear from the screen. */
  onCleared(): void
}

type Answer = (error: VoiceError | null, offer?: Offer) => void

export function createFollower(ports: FollowerPorts): Follower {
  const { host, moves, channel, sessionId, id, onGone, onCleared } = ports
  const sealed = openSealedChannel(channel, sessionId, onMessage, host.warn)
  const locks = createIdLocks(`${channel.name}:`)
  const ended = new AbortController()
  const earlier = createEarlierReader(host, sessionId, receive)
  /** Callbacks for answers to this tab's commands, by request id. */
  const waiting = new Map<string, Answer>()
  let status: MirrorStatus = 'connecting'
  let owner: { id: string; seq: number; gone: AbortController } | null = null
  /** Previous owner, whose last message may be decrypted after its lock is free. */
  let formerOwner: string | null = null
  let token: SharedToken = null
  let hasFollowed = false
  /** How often no owner was found since the last one. */
  let goneCount = 0
  let isCallEnded = false
  /** True if this mirror missed something, and the requested state has not arrived. */
  let isBehind = false
  let resyncTimer: ReturnType<typeof setTimeout> | undefined
  let moving: Promise<TakeoverOutcome> | null = null
  /** Settles a wait for the owner's release. */
  let settleFreed: (isFree: boolean) => void = () => {}

  function receive(received: Received): void {
    host.dispatchSafely({ type: `${host.path}/${RECEIVED}`, payload: received })
  }

  function show(next: MirrorStatus): void {
    status = next
    receive({ mirror: { sessionId, status: next } })
  }

  // Held while following: the owner drops a mirror whose lock is free.
  const held = locks.tryHold(id)
  const hello = () => void held.then(() => ended.signal.aborted || sealed.post({ type: 'hello', mirror: id }))

  const search = createOwnerSearch(hello, () => {
    if (status === 'connecting') show('gone')
    if (!ended.signal.aborted && status === 'gone' && hasFollowed) onGone(++goneCount)
  })

  function look(): void {
    if (!owner && !ended.signal.aborted) search.start()
  }

  function onOwnerGone(): void {
    owner?.gone.abort()
    formerOwner = owner?.id ?? formerOwner
    owner = null
    for (const answer of waiting.values())
      answer({ code: 'call-moved', message: 'The tab with this conversation is gone.', recoverable: true })
    waiting.clear()
    settleFreed(true)
    if (ended.signal.aborted) return
    search.renew()
    if (moving) return
    if (status === 'live') show('connecting')
    look()
  }

  /** Detects the end of the owner's page, because the browser frees its lock. */
  async function watch(watched: NonNullable<typeof owner>): Promise<void> {
    if (!(await locks.waitFor(watched.id, watched.gone.signal))) return
    await locks.release(watched.id)
    if (owner === watched) onOwnerGone()
  }

  function onWelcome(message: Extract<MirrorMessage, { type: 'welcome' }>): void {
    if (owner?.id !== message.owner) {
      owner?.gone.abort()
      owner = { id: message.owner, seq: message.seq, gone: new AbortController() }
      watch(owner).catch(host.warn)
    }
    owner.seq = message.seq
    isBehind = false
    hasFollowed = true
    goneCount = 0
    if (!moving) isCallEnded = false
    token = message.token
    status = moving ? 'moving' : 'live'
    receive({ shared: message.shared, mirror: { sessionId, status } })
    search.end(true)
  }

  /** Asks for the whole state, because something was missed. */
  function resync(): void {
    isBehind = true
    if (resyncTimer !== undefined || ended.signal.aborted) return
    hello()
    resyncTimer = setTimeout(() => {
      resyncTimer = undefined
      if (isBehind) resync()
    }, RESYNC_MS)
  }

  /** Notes that the call was ended in the owner's tab while it moves to this one. */
  function noteEnd({ actions }: Extract<MirrorMessage, { type: 'actions' }>): void {
    const isEnd = ({ name, payload }: SharedAction) =>
      name === 'connectionClosed' && (payload as { by?: unknown } | undefined)?.by === 'user'
    if (moving && actions.some(isEnd)) isCallEnded = true
  }

  function onActions(message: Extract<MirrorMessage, { type: 'actions' }>): void {
    const { seq, actions, check } = message
    noteEnd(message)
    // Older than the state that this mirror started with.
    if (!owner || seq <= owner.seq) return
    if (seq !== owner.seq + 1) {
      resync()
      return
    }
    owner.seq = seq
    // The session ended in the owner's tab. This tab continues it.
    if (check === '' && moving) return
    receive({ actions })
    if (check !== '' && !ended.signal.aborted && summarize(host.present()) !== check) resync()
  }

  function onLeft(reason: Extract<MirrorMessage, { type: 'left' }>['reason']): void {
    if (reason === 'cleared') onCleared()
    else onOwnerGone()
  }

  function onMessage(message: MirrorMessage): void {
    if (ended.signal.aborted) return
    if (message.type === 'welcome') {
      if (message.mirror === id) onWelcome(message)
    } else if (message.type === 'here') {
      if (owner?.id !== message.owner) hello()
    } else if (owner === null && 'owner' in message && message.owner === formerOwner) {
      if (message.type === 'actions') noteEnd(message)
      else if (message.type === 'left' && message.reason === 'cleared') onCleared()
    } else if (!('owner' in message) || message.owner !== owner?.id) return
    else if (message.type === 'actions') onActions(message)
    else if (message.type === 'token') token = message.token
    else if (message.type === 'left') onLeft(message.reason)
    else if (message.type === 'answer') {
      const answer = waiting.get(message.id)
      waiting.delete(message.id)
      answer?.(message.error, message.offer)
    }
  }

  /** Posts a request and resolves with the answer. */
  function request(
    create: (base: { owner: string; mirror: string; id: string; expiresAt: number }) => MirrorMessage,
  ): Promise<Offer | undefined> {
    if (ended.signal.aborted) return Promise.reject(ended.signal.reason)
    const unreachable = () => new VoiceAgentError('tab-unreachable')
    const asked = owner
    if (!asked) return Promise.reject(unreachable())
    const requestId = crypto.randomUUID()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(requestId)
        reject(unreachable())
      }, REQUEST_MS + ANSWER_GRACE_MS)
      waiting.set(requestId, (error, offer) => {
        clearTimeout(timer)
        if (!error) return resolve(offer)
        const { code, message, recoverable, providerCode } = error
        reject(new VoiceAgentError(code, message, { recoverable, providerCode }))
      })
      sealed.post(create({ owner: asked.id, mirror: id, id: requestId, expiresAt: Date.now() + REQUEST_MS }))
    })
  }

  const take = (waits: boolean) => request((base) => ({ type: 'take', ...base, waits }))

  /** Resolves to true once the owner has released the session or is gone, or to false after `ms` or if this role ends. */
  function freed(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms)
      settleFreed = (isFree) => {
        clearTimeout(timer)
        resolve(isFree)
      }
    })
  }

  /** Requests the session without waiting for its agent. Resolves once the owner has released it. */
  async function takeNow(): Promise<void> {
    const isFree = freed(HANDOVER_MS)
    await take(false)
    await isFree
  }

  /** Starts the call while the owner still has its own. Resolves to false on failure. */
  async function handOver(isFree: Promise<boolean>): Promise<boolean> {
    let failure: unknown = null
    const taken = moves.takeOver(sessionId, { token, call: 'early' }).catch((error: unknown) => {
      failure = error ?? new VoiceAgentError('agent-unreachable')
    })
    // A failed call leaves the owner unchanged.
    const first = await Promise.race([isFree, taken.then(() => 'failed' as const)])
    if (first === 'failed') return false
    // If the owner does not answer, the storage decides who has the session. Without a decision, the early call would stay.
    if (!first) await takeNow().catch(() => {})
    moves.onFreed(sessionId, { isCallEnded })
    await taken
    if (failure) host.warn(failure)
    return failure === null
  }

  async function moveHere({
    hasCall,
    isAsked,
  }: Parameters<Follower['takeOver']>[0]): Promise<TakeoverOutcome> {
    const isShownCallOn = () => isCallWanted(host.present().connection.status)
    const isCallOn = isShownCallOn()
    if (owner) {
      // Before the request, because the release may directly follow its answer.
      const isFree = freed(HANDOVER_MS)
      const offer = await take(isCallOn).catch((error: unknown) => {
        // An owner's lock may be free before its answer is decrypted. Without an owner, the session is free.
        if (owner) throw error
        return undefined
      })
      token = offer?.token ?? token
      if (isCallOn && offer?.canHandOver) {
        if (await handOver(isFree)) return { isSeamless: !isCallEnded }
        // The owner still has it, because its agent did not move.
        if (owner) await takeNow()
      } else await isFree
    }
    // The user may have started something else while the owner saved the session.
    ended.signal.throwIfAborted()
    const called = isAsked ? 'after' : 'if-permitted'
    const call = hasCall || isShownCallOn() ? called : 'none'
    await moves.takeOver(sessionId, { token, call: isCallEnded ? 'ended' : call })
    return { isSeamless: false }
  }

  look()
  return {
    sessionId,
    get status() {
      return status
    },
    get begun() {
      return search.found
    },
    get isCallEnded() {
      return isCallEnded
    },
    async command(name, payload) {
      const isEnd = name === 'disconnectRequested'
      if (isEnd) isCallEnded = moving !== null || owner === null
      // The owner may be gone again by then.
      while (!owner && (await search.found));
      const asked = owner
      try {
        await request((base) => ({ type: 'request', ...base, name, payload }))
      } catch (error) {
        if (isEnd && !owner) isCallEnded = true
        const isMoved = error instanceof VoiceAgentError && error.code === 'call-moved'
        // The owner saves the session before it says that it has left.
        if (isMoved && asked) await pause(REQUEST_MS, asked.gone.signal)
        throw error
      }
    },
    takeOver(options) {
      // A later request for a call wins.
      if (options.hasCall) isCallEnded = false
      moving ??= (async () => {
        search.pause()
        if (!owner) search.renew()
        show('moving')
        try {
          return await moveHere(options)
        } catch (error) {
          settleFreed(false)
          const former = owner
          if (former) sealed.post({ type: 'cancel', owner: former.id, mirror: id })
          moving = null
          if (!ended.signal.aborted) {
            show(former ? 'live' : 'connecting')
            // The state may lack changes missed meanwhile.
            if (former) hello()
            else look()
          }
          throw error
        }
      })()
      return moving
    },
    loadEarlier: earlier.load,
    look,
    end() {
      if (ended.signal.aborted) return
      ended.abort(new VoiceAgentError('superseded', 'This tab has stopped mirroring.'))
      clearTimeout(resyncTimer)
      owner?.gone.abort()
      search.end(false)
      settleFreed(false)
      for (const answer of waiting.values())
        answer({ code: 'superseded', message: 'This tab has stopped mirroring.', recoverable: false })
      waiting.clear()
      earlier.close()
      sealed.post({ type: 'bye', mirror: id })
      sealed.close()
      void held.then(() => locks.release(id))
    },
  }
}
