import type { UnknownAction } from '@reduxjs/toolkit'
import type { SessionChannel } from '../../../../middleware/drivers/storage/ports.js'
import type { SessionMoves } from '../../../../middleware/session-moves.js'
import { type Intent, toVoiceError, VoiceAgentError } from '../../../../store/index.js'
import { createIdLocks } from '../storage/tabs/web-locks.js'
import type { LeaveReason, MirrorMessage } from './messages.js'
import type { MirrorHost } from './port.js'
import { openSealedChannel } from './sealed-channel.js'
import { type SharedAction, shareState, summarize, toShared } from './shared-state.js'

/** Commands that a mirror may send, by action name. */
export const sharedCommands: ReadonlySet<string> = new Set([
  'sendTextRequested',
  'resendTextRequested',
  'muteRequested',
  'unmuteRequested',
  'interruptRequested',
  'disconnectRequested',
  'retryRequested',
  'approveToolRequested',
  'declineToolRequested',
  'renameSessionRequested',
])

/** Actions that only continue a turn. */
const continuing: ReadonlySet<string> = new Set(['assistantTextAppended', 'assistantTextReplaced'])
/** Milliseconds in which such actions are posted together, because each message costs every mirror a decryption and a render. */
const CONTINUING_MS = 250

/** Milliseconds that a session waits for its agent to move to the tab that takes it over. */
const MOVE_LIMIT_MS = 20_000

type MessageOf<Type extends MirrorMessage['type']> = Extract<MirrorMessage, { type: Type }>

/** Role of the tab that has a session: posts updates to its mirrors and runs their commands. Costs nothing without a mirror. */
interface Owner {
  readonly sessionId: string
  /** Number of mirrors that follow this tab. */
  readonly mirrors: number
  /** Called after each action of the agent. */
  onAction(action: UnknownAction): void
  /** Notifies waiting mirrors that the session has a new owner. */
  announce(): void
  /** Set while the session has left this page for another tab. Resolves to true once it has moved and {@link OwnerPorts.onMoved} is done. */
  readonly giving: Promise<boolean> | null
  /** Ends the role. Resolves once the mirrors can detect it. */
  end(reason: LeaveReason): Promise<void>
}

export interface OwnerPorts {
  host: MirrorHost
  moves: SessionMoves
  channel: SessionChannel
  sessionId: string
  /** Random id of this role. */
  id: string
  /** Called after the session has moved to another tab. */
  onMoved(): Promise<void>
}

export function createOwner({ host, moves, channel, sessionId, id, onMoved }: OwnerPorts): Owner {
  const { path, present, warn } = host
  const sealed = openSealedChannel(channel, sessionId, onMessage, warn)
  const locks = createIdLocks(`${channel.name}:`)
  /** Mirrors that follow this tab. Each has a lock, which the browser frees when the mirror's page closes. */
  const mirrors = new Map<string, AbortController>()
  let buffer: SharedAction[] = []
  let seq = 0
  let isFlushing = false
  let flushedAt = 0
  let laterFlush: ReturnType<typeof setTimeout> | undefined
  let isEnded = false
  /** Mirror that is taking over the session. */
  let taker: { mirror: string; timer: ReturnType<typeof setTimeout> } | null = null
  let sharedToken: string | null = null
  let giving: Promise<boolean> | null = null
  /** Set if the session ended while another tab was taking it over. */
  let reasonToEnd: LeaveReason | null = null

  /** False once the session has left this page, which may show the next one while this one is still being saved. */
  const isHere = () => present().session.id === sessionId
  const token = () => (isHere() ? moves.token() : null)

  function flush(): void {
    isFlushing = false
    clearTimeout(laterFlush)
    laterFlush = undefined
    if (buffer.length === 0 || isEnded) return
    const actions = buffer
    buffer = []
    flushedAt = Date.now()
    const check = isHere() ? summarize(present()) : ''
    sealed.post({ type: 'actions', owner: id, seq: ++seq, actions, check })
  }

  /** A timer delays only the continuation of a turn, because browsers throttle timers in hidden tabs. */
  function planFlush(isContinuing: boolean): void {
    if (isFlushing) return
    const wait = Math.min(CONTINUING_MS, flushedAt + CONTINUING_MS - Date.now())
    if (isContinuing && wait > 0) {
      laterFlush ??= setTimeout(flush, wait)
      return
    }
    isFlushing = true
    queueMicrotask(flush)
  }

  function forget(mirror: string): void {
    mirrors.get(mirror)?.abort()
    mirrors.delete(mirror)
    if (taker?.mirror === mirror) cancelTake()
  }

  /** Drops the mirror when its page is gone. */
  async function watch(mirror: string): Promise<void> {
    const left = new AbortController()
    mirrors.set(mirror, left)
    if (!(await locks.waitFor(mirror, left.signal))) return
    await locks.release(mirror)
    forget(mirror)
  }

  async function welcome({ mirror }: MessageOf<'hello'>): Promise<void> {
    if (!mirrors.has(mirror)) watch(mirror).catch(warn)
    // Its release shows the mirrors that this page is gone.
    await locks.tryHold(id)
    if (isEnded) return locks.release(id)
    if (!isHere()) return
    flush()
    const shared = shareState(present())
    sharedToken = JSON.stringify(token())
    sealed.post({ type: 'welcome', mirror, owner: id, seq, shared, token: token() })
  }

  /** The next owner needs the newest token even if this page crashes. */
  function shareToken(): void {
    const text = JSON.stringify(token())
    if (text === sharedToken) return
    sharedToken = text
    sealed.post({ type: 'token', owner: id, token: token() })
  }

  const answer = (requestId: string, error: unknown = null) =>
    sealed.post({
      type: 'answer',
      owner: id,
      id: requestId,
      error: error === null ? null : toVoiceError(error),
    })

  function run(request: MessageOf<'request'>): void {
    const { name, id: requestId } = request
    if (request.expiresAt < Date.now()) return
    try {
      if (!sharedCommands.has(name)) throw new VoiceAgentError('session-open-elsewhere')
      // The end of a call that has just moved is passed on.
      if (!isHere() && name !== 'disconnectRequested') throw new VoiceAgentError('call-moved')
      const now = Date.now()
      const typed = request.payload as { id?: unknown; text?: unknown } | null
      const payload =
        name === 'sendTextRequested'
          ? { id: String(typed?.id ?? requestId), text: typed?.text, at: now }
          : request.payload
      const intent: Intent = { type: `${path}/${name}`, payload, meta: { requestId, at: now } }
      host.requestNow(intent)
      // Posts the effect before the answer.
      flush()
      answer(requestId)
    } catch (error) {
      answer(requestId, error)
    }
  }

  function cancelTake(): void {
    if (!taker) return
    clearTimeout(taker.timer)
    taker = null
    moves.cancelMove()
  }

  function take(request: MessageOf<'take'>): void {
    const { mirror, id: requestId } = request
    if (request.expiresAt < Date.now()) return
    if (taker && taker.mirror !== mirror) {
      const error = new VoiceAgentError('superseded', 'Another tab is taking over the conversation.')
      answer(requestId, error)
      return
    }
    clearTimeout(taker?.timer)
    taker = { mirror, timer: setTimeout(cancelTake, MOVE_LIMIT_MS) }
    // Begins after the assignment, because the session may leave this page synchronously.
    const given = Promise.resolve()
      .then(() => give(request))
      .catch((error: unknown) => {
        warn(error)
        return false
      })
    giving = given
    void given.then(() => {
      if (giving === given) giving = null
    })
  }

  /** Resolves to false if the session has not moved. */
  async function give({ mirror, id: requestId, waits }: MessageOf<'take'>): Promise<boolean> {
    if (taker?.mirror !== mirror) return false
    const canHandOver = moves.canHandOver()
    const offer = { canHandOver, token: token() }
    flush()
    sealed.post({ type: 'answer', owner: id, id: requestId, error: null, offer })
    try {
      await moves.moveAway(sessionId, { waits: waits && canHandOver })
    } catch {
      // Cancelled, or repeated without waiting.
      if (reasonToEnd) await close(reasonToEnd)
      return false
    }
    await close('moved')
    await onMoved()
    return true
  }

  function onMessage(message: MirrorMessage): void {
    if (isEnded) return
    if (message.type === 'hello') welcome(message).catch(warn)
    else if (message.type === 'bye') forget(message.mirror)
    else if (!('owner' in message) || message.owner !== id) return
    else if (message.type === 'request') run(message)
    else if (message.type === 'take') take(message)
    else if (message.type === 'cancel' && taker?.mirror === message.mirror) cancelTake()
  }

  async function close(reason: LeaveReason): Promise<void> {
    if (isEnded) return
    isEnded = true
    clearTimeout(taker?.timer)
    clearTimeout(laterFlush)
    if (mirrors.size > 0) sealed.post({ type: 'left', owner: id, reason })
    for (const left of mirrors.values()) left.abort()
    mirrors.clear()
    await sealed.flushed()
    sealed.close()
    await locks.release(id)
  }

  return {
    sessionId,
    get mirrors() {
      return mirrors.size
    },
    get giving() {
      // Not from the state, which changes later.
      return moves.sessionId() === sessionId ? null : giving
    },
    onAction(action) {
      if (mirrors.size === 0 || isEnded) return
      const shared = toShared(action, path)
      if (shared) {
        buffer.push(shared)
        planFlush(continuing.has(shared.name))
      }
      if (/\/(tokenRefreshed|connectionEstablished)$/.test(action.type)) shareToken()
    },
    announce: () => sealed.post({ type: 'here', owner: id }),
    async end(reason) {
      // The last actions. Later, the store may no longer be available.
      flush()
      // A moving session ends in this page before it is released.
      if (taker) reasonToEnd = reason
      else await close(reason)
    },
  }
}

/** The session of this tab, which other tabs may mirror. */
interface Owning {
  /** See {@link Owner.onAction}. */
  onAction: Owner['onAction']
  /** Id of the session that this page owns or is about to own; null without one. */
  readonly sessionId: string | null
  /** Number of tabs that mirror it. */
  readonly mirrors: number
  /** See {@link Owner.giving}. */
  readonly giving: Promise<boolean> | null
  /** @param isTaken True if the session came from another tab, so mirrors may be waiting for its new owner. */
  begin(sessionId: string, isTaken: boolean): void
  end(reason: 'left' | 'cleared'): void
}

interface OwningPorts {
  host: MirrorHost
  /** Called after a session has moved to another tab. */
  onMoved(sessionId: string): Promise<void>
  /** Aborts when the agent is disposed of. */
  signal: AbortSignal
}

export function createOwning({ host, onMoved, signal }: OwningPorts): Owning {
  const { actions } = host
  let owner: Owner | null = null
  let ownedId: string | null = null
  let last: Owner | null = null
  /** Counts the sessions and their keys, so that a slow start does not use an earlier key. */
  let generation = 0

  async function open(sessionId: string, isAwaited: boolean): Promise<void> {
    const own = generation
    const { moves } = await host.runtime()
    const channel = await moves.channelOf(sessionId)
    if (!channel || own !== generation || owner || signal.aborted) return
    const id = crypto.randomUUID()
    owner = createOwner({ host, moves, channel, sessionId, id, onMoved: () => onMoved(sessionId) })
    if (isAwaited) owner.announce()
  }

  function close(reason: 'left' | 'cleared'): void {
    generation++
    owner?.end(reason).catch(host.warn)
    last = owner
    owner = null
  }

  return {
    onAction(action) {
      owner?.onAction(action)
      // The session is stored again, perhaps with another key, for example after the user has changed the consent.
      if (actions.storageLost.match(action)) close('left')
      else if (actions.snapshotSaved.match(action) && ownedId !== null && !owner)
        open(ownedId, true).catch(host.warn)
    },
    get sessionId() {
      return ownedId
    },
    get mirrors() {
      return owner?.mirrors ?? 0
    },
    get giving() {
      return (owner ?? last)?.giving ?? null
    },
    begin(sessionId, isTaken) {
      ownedId = sessionId
      open(sessionId, isTaken).catch(host.warn)
    },
    end(reason) {
      ownedId = null
      close(reason)
    },
  }
}
