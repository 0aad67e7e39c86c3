import type { TransportEvent } from '../../../middleware/drivers/call/ports.js'
import { isCallWanted, sortUnsent, type TalkMode, type VoiceAgentState } from '../../../store/index.js'
import { recentMessages } from '../../../store/message-log.js'
import { toolsWith } from '../../../store/tool-cases.js'
import { Browser, StorageArea } from '../browser.js'
import type { SourcePatch } from '../bundle.js'
import { type CaseSpace, drawCase, UNTIL_ENCRYPTED, UNTIL_REST, varyCase } from '../cases.js'
import { Disk } from '../disk.js'
import { parseOps } from '../notation.js'
import type { Subject } from '../subject.js'
import { Violation, World } from '../world.js'
import { Microphones } from './media.js'
import { Names } from './names.js'
import { type AgentCode, type AgentPage, bundleAgent, databaseOf, type Scope, simulateTab } from './tab.js'
import { type ConnectFault, type Cut, TOKEN_LIFE_MS, toolCallOf, VoiceServer } from './voice-server.js'

const always = ['connect', 'sendText', 'heard'] as const

const themes = {
  ending: ['disconnect', 'reset', 'logOut', 'endSession', 'reload'],
  sessions: ['newSession', 'createSession', 'restoreSession', 'disconnect'],
  restoring: ['restoreSession', 'newSession', 'disconnect', 'reload', 'crash', 'returnLater'],
  deleting: ['deleteSession', 'restoreSession', 'createSession', 'reload'],
  naming: ['renameSession', 'restoreSession', 'endSession', 'reload', 'crash', 'close'],
  namingElsewhere: ['renameSession', 'openTab', 'restoreSession', 'newSession', 'deleteSession', 'lose'],
  tabs: ['openTab', 'close', 'crash', 'restoreSession', 'endSession'],
  connections: ['dropCall', 'silence', 'refuse', 'retry', 'disconnect', 'agentLeaves'],
  server: ['hangServer', 'tokenDown', 'expireTokens', 'refuse', 'heal', 'newSession', 'returnLater'],
  microphone: [
    'prompt',
    'answerPrompts',
    'selectMicrophone',
    'retryMicrophone',
    'unplug',
    'mute',
    'disconnect',
  ],
  agent: ['answering', 'toolCall', 'earlyToolCall', 'interrupt', 'agentLeaves', 'dropCall'],
  tools: ['toolCall', 'repeatTool', 'earlyToolCall', 'dropCall', 'forget', 'reload', 'crash'],
  approvals: [
    'approvalCall',
    'approve',
    'decline',
    'repeatTool',
    'interrupt',
    'dropCall',
    'forget',
    'reload',
    'restoreSession',
    'disconnect',
  ],
  approvalsElsewhere: [
    'approvalCall',
    'approve',
    'decline',
    'repeatTool',
    'follow',
    'takeOver',
    'crash',
    'endSession',
  ],
  talking: [
    'talkMode',
    'press',
    'release',
    'mute',
    'prompt',
    'answerPrompts',
    'selectMicrophone',
    'retryMicrophone',
    'unplug',
    'dropCall',
    'reload',
    'disconnect',
    'switchTransport',
    'restoreSession',
  ],
  talkingElsewhere: ['talkMode', 'press', 'mute', 'follow', 'takeOver', 'navigate', 'back', 'reset'],
  texts: ['dropCall', 'silence', 'forget', 'resendText', 'refuse', 'reload', 'crash', 'wait'],
  leaving: ['eraseAll', 'switchUser', 'restoreSession', 'reload', 'crash', 'openTab'],
  hangingDisk: ['hangDisk', 'heal', 'restoreSession', 'renameSession', 'endSession', 'waitLong'],
  disk: ['failWrite', 'failRead', 'lose', 'heal', 'flush', 'reload'],
  transports: ['switchTransport', 'announceEnd', 'dropCall', 'refuse', 'disconnect', 'toolCall', 'reload'],
  time: ['wait', 'flush', 'crash', 'expireTokens'],
  unmounting: [
    'unmount',
    'reload',
    'disconnect',
    'endSession',
    'reset',
    'logOut',
    'deleteSession',
    'eraseAll',
  ],
  returning: ['navigate', 'back', 'endSession', 'restoreSession', 'disconnect', 'openTab', 'deleteSession'],
  consent: [
    'withdrawConsent',
    'giveConsent',
    'endSession',
    'restoreSession',
    'reload',
    'disconnect',
    'newSession',
  ],
  mirrors: ['follow', 'takeOver', 'restoreSession', 'reload', 'crash', 'disconnect'],
  mirrorsLeaving: ['follow', 'takeOver', 'endSession', 'deleteSession', 'newSession', 'close', 'eraseAll'],
} as const
type Theme = keyof typeof themes
type Kind = (typeof always)[number] | (typeof themes)[Theme][number]

export interface AgentOp {
  kind: Kind
  tab: number
  n: number
  gap: number
}

/** Ops that leave a conversation whose call has not yet begun. */
const leavesUnbegun: readonly Kind[] = [
  'newSession',
  'restoreSession',
  'follow',
  'endSession',
  'eraseAll',
  'switchUser',
  'reset',
  'logOut',
  'disconnect',
]

/** Ops that change which session is open. */
const sessionKinds: readonly Kind[] = [
  'connect',
  'createSession',
  'takeOver',
  'deleteSession',
  'withdrawConsent',
  ...leavesUnbegun,
]

/** Ops with which a user may request a call. */
const startsCall: readonly Kind[] = ['connect', 'takeOver', 'resendText', 'retry']

/** Ops that a call survives: a reloaded page calls again. */
const keepsCall: readonly Kind[] = ['connect', 'sendText', 'heard', 'reload', 'wait', 'flush']

const TABS = 3

const talkModes: readonly TalkMode[] = ['push-to-talk', 'text', 'push-to-talk', 'hands-free']

const weightOf: Partial<Record<Kind, number>> = {
  connect: 5,
  sendText: 5,
  heard: 3,
  toolCall: 5,
  approvalCall: 6,
  approve: 4,
  talkMode: 5,
  press: 5,
  dropCall: 4,
  restoreSession: 4,
  eraseAll: 4,
  reload: 3,
  follow: 6,
  takeOver: 4,
}

const space: CaseSpace<Kind> = {
  always,
  themes,
  weights: weightOf,
  tabs: TABS,
  maxLength: 30,
  maxN: 5,
  openings: [[], ['connect', 'sendText'], ['connect', 'sendText', 'endSession']],
  interrupting: [
    'disconnect',
    'restoreSession',
    'reload',
    'crash',
    'endSession',
    'reset',
    'eraseAll',
    'dropCall',
    'unmount',
  ],
  repeating: ['connect', 'sendText', 'retry', 'flush', 'restoreSession', 'heal'],
  meetings: [
    {
      opening: parseOps('connect 0'),
      starts: ['disconnect', 'sendText', 'restoreSession', 'createSession', 'reload'],
    },
    {
      opening: parseOps('connect 0, sendText 0'),
      starts: ['flush', 'sendText', 'endSession', 'eraseAll', 'dropCall', 'silence', 'renameSession'],
    },
    {
      opening: parseOps('connect 0, sendText 0, endSession 0'),
      starts: ['restoreSession', 'connect', 'createSession', 'deleteSession', 'sendText', 'renameSession'],
    },
    { opening: [], starts: ['connect', 'createSession', 'sendText', 'prompt', 'newSession'] },
    // Texts wait for a call, and are lost with it or sent again.
    { opening: [], starts: ['connect', 'sendText', 'dropCall'] },
    // Another tab mirrors the conversation, and takes it over.
    {
      opening: parseOps('connect 0, sendText 0, follow 1'),
      starts: ['takeOver', 'connect', 'reload', 'sendText'],
    },
    // Two mirrors of one owner.
    {
      opening: parseOps('connect 0, sendText 0, follow 1, follow 2'),
      starts: ['takeOver', 'sendText', 'crash', 'reload', 'endSession'],
    },
    // A page has just loaded, and its code has not arrived.
    {
      opening: parseOps('connect 0, sendText 0, reload 0'),
      starts: ['unmount', 'disconnect', 'endSession', 'reset', 'deleteSession'],
    },
    // Everything is erased while the user starts again.
    { opening: parseOps('connect 0, sendText 0'), starts: ['eraseAll', 'createSession', 'connect'] },
  ],
  preparing: ['failWrite', 'failRead', 'lose', 'refuse', 'prompt'],
  passing: ['wait'],
}

interface Tab {
  area: StorageArea
  /** The tab's previous page, if it is in the back/forward cache. */
  cached: Tab | null
  /** User of the tab. */
  scope: Scope
  agent: AgentPage
  /** Sessions that the user has left. Later pages of the tab may show them only on request. */
  left: Set<string>
  /** True if the user has ended the call, and not requested one since. */
  isCallUnwanted: boolean
  /** True if the user has requested a call, and since then nothing failed or happened except reloads. */
  isCallDue: boolean
  /** Number of the last op that gave or withdrew the consent. */
  lastConsent: number
  /** Number of the last op that concerned its session. */
  lastOp: number
  /** Texts that the user typed while there was no call. */
  typed: string[]
  /** Texts that the user typed while another tab had the call and sent them. */
  typedAsMirror: Set<string>
  /** True while a session is to be restored before the page has any, and no call was requested since. A text is refused then. */
  isRestoringFirst: boolean
  /** True while the user holds the button of push-to-talk. */
  isPressing: boolean
  /** True if the tab has since reached an agent without memory. The previous agent may have received a text. */
  isForgotten: boolean
  /** Sessions that the user left, as stored before. If the page closes, the save that their end begins may be lost. */
  ending: Map<string, Seen | null>
  /** Session that its previous page showed, and that it is about to restore. */
  expected: string | null
  /** Number of its writes to each disk since its user withdrew the consent, once that has settled; null with consent. */
  writesWithoutConsent: Map<Disk, number> | null
  /** True if its user has given or withdrawn the consent, and the storage is not known to have followed. */
  isConsentUnsettled: boolean
  /** Sessions that this page was asked to delete, with everything or one by one. */
  deleting: string[]
  /** Set once its agent is being disposed of, before the page closes. The app's next agent is one of the tab's next page. */
  unmount: 'begun' | 'done' | null
  /** Number of its writes to each disk by then. */
  writes: Map<Disk, number>
  /** The disk began to hang during a request, so a session may have ended by its time limit before it was stored. */
  isEndLate: boolean
}

/** A conversation as its page last showed it at rest. */
interface Seen {
  texts: readonly string[]
  /** Index of the first text in the whole conversation. */
  from: number
}

/** Pages that run the whole real agent, their users, one server with its agents, the disks, and the invariants. */
export class AgentSimulation {
  readonly world: World
  readonly browser: Browser
  /** One disk per user. */
  readonly #disks = new Map<string, Disk>()
  readonly server: VoiceServer
  readonly microphones = new Microphones()
  readonly states = new Set<string>()
  readonly situations = new Set<string>()
  isCounted = true
  readonly #code: AgentCode
  readonly #tabs: (Tab | null)[] = Array.from({ length: TABS }, () => null)
  #count = 0
  /** Sessions that were shown, in that order. */
  readonly #sessions = new Map<string, Seen | null>()
  readonly #deleted = new Set<string>()
  readonly #names = new Names()
  /** Owner of each session: the user of the page that showed it first. */
  readonly #userOf = new Map<string, Scope>()
  /** Sessions that existed when everything of their user was erased, once that has settled. */
  readonly #erased = new Set<string>()
  /** Users whose data is being erased. Until rest, it is not known which of their new sessions that includes. */
  readonly #erasing = new Set<Scope>()
  #hadDiskFaults = false
  /** True if a user withdraws the consent, so that a page may not know which tools the previous one has run. */
  #lacksConsent = false
  /** True while all ops so far are ones that a call survives. */
  #isUneventful = true
  /** True if the tabs share conversations. */
  #hasMirrors = false
  /** True if the pages' code with effects arrives late. Otherwise that takes no event, as in older cases. */
  #isLate = false
  /** Sessions whose user ended the call, once that is stored. No page calls in them again until a user requests a call. */
  readonly #ended = new Set<string>()
  /** Sessions whose deletion was answered with success, or completed by a page that ended. */
  readonly #gone = new Set<string>()
  /** Ids of the tool calls that a user has approved. */
  readonly #approved = new Set<string>()
  /** Ids of the tool calls that have run. */
  readonly #ran = new Set<string>()

  constructor(code: AgentCode, seed: number) {
    this.#code = code
    this.world = new World(seed)
    this.browser = new Browser(this.world)
    this.server = new VoiceServer(this.world)
    this.server.onForgotten = (page) => {
      for (const tab of this.#tabs) if (tab?.agent.page === page) tab.isForgotten = true
    }
    this.world.onEvent = () => {
      for (const tab of this.#tabs) if (tab) this.#check(tab)
      if (this.isCounted) this.states.add(this.#describe())
    }
  }

  async run(ops: readonly AgentOp[]): Promise<void> {
    this.#hasMirrors = ops.some(({ kind }) => kind === 'follow' || kind === 'takeOver')
    this.#isLate = ops.some(({ kind }) => kind === 'unmount')
    this.#lacksConsent = ops.some(({ kind }) => kind === 'withdrawConsent')
    for (const op of ops) {
      if (op.gap === UNTIL_REST) {
        await this.#rest(5_000)
        this.#noteEnded()
      } else if (op.gap === UNTIL_ENCRYPTED)
        await this.world.hurry((lane) => lane.endsWith("has a cipher's answer"))
      else for (let count = 0; count < op.gap && (await this.world.step()); count++);
      await this.world.happen(`user: ${op.kind} ${op.tab} ${op.n}`, () => this.#carryOut(op))
      if (op.kind === 'returnLater') await this.#returnLater(op.tab)
      if (op.kind === 'waitLong') await this.#rest(30_000)
    }
    await this.#checkAtRest()
    await this.#audit()
  }

  /** Runs until the only events left are those that a live call repeats: its samples and token renewals. */
  async #rest(ms = 20_000): Promise<void> {
    await this.world.rest(this.world.elapsed + ms)
  }

  /** Notes at rest which sessions are stored without the call that their user has ended. */
  #noteEnded(): void {
    for (const tab of this.#tabs) {
      if (!tab?.isCallUnwanted || tab.unmount || this.#hadDiskFaults) continue
      const { session, connection } = this.#stateOf(tab.agent)
      const id = ownIdOf(session)
      if (id && session.storage === 'persistent' && !isCallWanted(connection.status)) this.#ended.add(id)
    }
  }

  #diskOf(scope: Scope): Disk {
    return this.#diskNamed(databaseOf(scope))
  }

  /** Number of a page's writes to each disk. */
  #writesOf(page: AgentPage['page']): Map<Disk, number> {
    return new Map([...this.#disks.values()].map((disk) => [disk, disk.writesOf(page)]))
  }

  #diskNamed(name: string): Disk {
    const disk = this.#disks.get(name) ?? new Disk(this.world)
    this.#disks.set(name, disk)
    return disk
  }

  #load(slot: number, area: StorageArea, left = new Set<string>(), scope: Scope = null): Tab {
    const agent = simulateTab(
      this.world,
      {
        browser: this.browser,
        diskNamed: (name) => this.#diskNamed(name),
        server: this.server,
        microphones: this.microphones,
        onToolRun: (toolCallId) => this.#noteToolRun(toolCallId),
      },
      {
        code: this.#code,
        area,
        name: `page ${++this.#count}`,
        scope,
        hasMirror: this.#hasMirrors,
        isLate: this.#isLate,
      },
    )
    const tab: Tab = {
      area,
      cached: null,
      scope,
      agent,
      left,
      isCallUnwanted: false,
      isCallDue: false,
      lastConsent: 0,
      lastOp: 0,
      typed: [],
      typedAsMirror: new Set(),
      isRestoringFirst: false,
      isPressing: false,
      isForgotten: false,
      ending: new Map(),
      expected: null,
      writesWithoutConsent: null,
      isConsentUnsettled: false,
      deleting: [],
      unmount: null,
      writes: new Map(),
      isEndLate: false,
    }
    this.#tabs[slot] = tab
    return tab
  }

  /**
   * Closes a page at rest and loads it again after its token has expired, while the token endpoint is down. The conversation that it
   * showed must be restored.
   */
  async #returnLater(slot: number): Promise<void> {
    await this.#rest()
    const { agent, area, left, scope } = this.#tabs[slot] as Tab
    const { session, conversation } = this.#stateOf(agent)
    const head = this.#diskOf(scope).records.get(`session/${session.id}/head`)?.record
    const isStored =
      session.storage === 'persistent' && head?.kind === 'head' && head.revision === session.revision
    const hasToken = Object.values(area).some((text: string) =>
      text.includes(`"persistedSessionId":"${session.id}"`),
    )
    const shown = isStored && hasToken && !this.#hadDiskFaults ? seenIn(conversation) : null
    agent.page.hide()
    this.#unload(slot)
    this.server.isTokenEndpointDown = true
    // Time passes although nothing happens.
    this.world.setTimer(() => {}, TOKEN_LIFE_MS + 30_000)
    await this.#rest(TOKEN_LIFE_MS + 60_000)
    const next = this.#load(slot, area, left, scope).agent
    await this.#rest(5_000)
    const found = this.#stateOf(next)
    this.server.heal()
    if (shown === null || session.id === null || this.#deleted.has(session.id)) return
    if (found.session.id !== session.id || !isWithin(shown, seenIn(found.conversation))) {
      throw new Violation(`${next.page.name} hides ${session.id}, because there is no token.`)
    }
  }

  #unload(slot: number): void {
    const { agent, cached } = this.#tabs[slot] as Tab
    this.#end(agent)
    if (cached) this.#end(cached.agent)
    this.#tabs[slot] = null
  }

  #end({ page }: AgentPage): void {
    page.die()
    for (const disk of this.#disks.values()) disk.close(page)
    this.microphones.close(page)
    this.server.close(page)
  }

  /** Replaces a page with the tab's next one, and keeps it in the back/forward cache. A page with a connection closes instead. */
  #navigate(slot: number): void {
    const own = this.#tabs[slot] as Tab
    const { agent, area, left, scope, cached } = own
    const { page } = agent
    page.hide()
    if (this.server.openOf(page) > 0 || own.unmount || cached) {
      this.#reload(slot)
      return
    }
    this.#cutOff(own)
    page.freeze()
    for (const disk of this.#disks.values()) disk.settle(page)
    const next = this.#load(slot, area, left, scope)
    next.cached = own
    next.expected = ownIdOf(this.#stateOf(agent).session)
    own.isCallDue = own.isCallUnwanted = false
    own.typed = []
    own.ending.clear()
  }

  /** The user returns to the tab's previous page. */
  #goBack(slot: number): void {
    const own = this.#tabs[slot] as Tab
    const { agent, cached } = own
    if (!cached) return
    agent.page.hide()
    this.#cutOff(own)
    this.#end(agent)
    // It shows what it showed before, until it knows better.
    own.left.clear()
    this.#tabs[slot] = cached
    cached.agent.page.thaw(() => {}, false)
  }

  /** A page closes: changes of that moment may not be encrypted, and the save of a session that just ended may be incomplete. */
  #cutOff({ agent, ending, isEndLate }: Tab): void {
    if (agent.open.size > 0 || isEndLate) for (const [ended, seen] of ending) this.#sessions.set(ended, seen)
  }

  /** Closes a page, and loads the tab's next one. */
  #reload(slot: number): Tab {
    const own = this.#tabs[slot] as Tab
    const { agent, area, left, scope } = own
    const { session } = this.#stateOf(agent)
    // A page that closes before it knows its tab can't leave anything to the next one.
    const isKnown = session.tabId !== null || own.unmount === 'done'
    if (!isKnown && own.expected !== null) left.delete(own.expected)
    if (own.unmount !== 'done') this.#cutOff(own)
    this.#unload(slot)
    const next = this.#load(slot, area, left, scope)
    next.expected = own.unmount ? null : ownIdOf(session)
    next.isCallDue = own.isCallDue && isKnown
    next.isCallUnwanted = own.isCallUnwanted && isKnown
    return next
  }

  /** @throws Violation if the tool call has run before, on any page of its session, or needs an approval that no user has given */
  #noteToolRun(id: string): void {
    if (this.#ran.has(id) && !this.#hadDiskFaults && !this.#lacksConsent)
      this.world.violate(new Violation(`${id} ran twice.`))
    this.#ran.add(id)
    if (id.startsWith('pay') && !this.#approved.has(id))
      this.world.violate(new Violation(`${id} ran without approval.`))
  }

  /** The last tool call in a page's conversation that needs its user's approval. */
  #lastPayment(agent: AgentPage): { id: string; isAwaitingApproval: boolean } | null {
    const messages = recentMessages(this.#stateOf(agent).conversation.messages)
    const payment = messages.findLast(({ tool }) => tool?.name === 'pay')
    return payment
      ? { id: payment.id, isAwaitingApproval: payment.tool?.status === 'awaiting-approval' }
      : null
  }

  #stateOf({ voiceAgent, store }: AgentPage) {
    return voiceAgent.selectors.selectVoiceAgent(store.getState())
  }

  #carryOut({ kind, tab: slot, n }: AgentOp): void {
    const { server, microphones } = this
    if (this.#tabs[slot]?.unmount) this.#reload(slot)
    const own = this.#tabs[slot] ?? this.#load(slot, new StorageArea())
    const { agent, area, left, scope } = own
    const disk = this.#diskOf(scope)
    const { page, voiceAgent, store, mirror, ask } = agent
    const { agent: facade, sessionManager } = voiceAgent
    const ids = [...this.#sessions.keys()]
    const id = ids.at(-1 - (n % Math.max(1, Math.min(3, ids.length))))
    const current = ownIdOf(this.#stateOf(agent).session)
    this.#noteSituation(kind, agent, id)
    const emit = (event: TransportEvent) => {
      for (const call of server.callsOf(page)) call.emit(event)
    }
    const number = this.world.nextId()
    const inCall = server.callsOf(page)[0]?.sessionId
    const mirrored = mirrorOf(this.#stateOf(agent).session)
    // The command goes to the owner, which is another tab.
    if (mirrored !== null) for (const tab of this.#tabs) if (tab) tab.isCallUnwanted = false
    /** @param isSure False for a root reset, which has no effect before the page's code has loaded. */
    const leave = (isSure = true) => {
      if (current !== null) left.add(current)
      if (mirrored !== null) left.add(mirrored)
      const { restore, tabId } = this.#stateOf(agent).session
      const isPending = restore.phase !== 'done' && (isSure || tabId !== null)
      if (own.expected !== null && isPending && !this.#hadDiskFaults) left.add(own.expected)
      // A later intent wins over a pending restore.
      for (const label of agent.open)
        for (const [, restoring] of label.matchAll(/^restore (s\d+) /g)) left.add(String(restoring))
    }
    /** The session may end with the next step, so everything said in it must be stored. */
    const noteEnd = () => {
      const { session, conversation } = this.#stateOf(agent)
      const isStored = session.storage === 'persistent' && !this.#hadDiskFaults && !own.isConsentUnsettled
      if (agent.open.size === 0 && !own.isEndLate) own.ending.clear()
      if (current === null || !isStored || this.#deleted.has(current) || this.#erasing.has(scope)) return
      if (!own.ending.has(current)) own.ending.set(current, this.#sessions.get(current) ?? null)
      this.#sessions.set(current, withoutEmpty(seenIn(conversation)))
    }
    const attempt = (run: () => void) =>
      page.run(() => {
        try {
          run()
        } catch (error) {
          // A command that makes no sense now is rejected with a code.
          if (!(error instanceof Error && 'code' in error)) throw error
        }
      })
    if (sessionKinds.includes(kind)) own.lastOp = number
    if (startsCall.includes(kind)) this.#ended.clear()
    // The conversation that its call has not yet begun is left, with its texts.
    if (current === null && leavesUnbegun.includes(kind)) own.typed = []
    this.#isUneventful &&= keepsCall.includes(kind)
    const ops: Record<Kind, () => unknown> = {
      connect: () => {
        own.isCallUnwanted = false
        own.isCallDue = true
        own.isRestoringFirst = false
        ask('connect', () => facade.connect())
      },
      sendText: () =>
        attempt(() => {
          const text = `typed-${number}-in-${current ?? mirrored}`
          facade.sendText(text)
          if (!own.isRestoringFirst) own.typed.push(text)
          if (mirrored !== null) own.typedAsMirror.add(text)
        }),
      heard: () =>
        emit({ type: 'userTranscriptReceived', text: `heard-${number}-in-${inCall}`, final: true }),
      disconnect: () => {
        own.isCallUnwanted = mirrored === null
        ask('disconnect', () => facade.disconnect())
      },
      newSession: () => {
        noteEnd()
        ask('new session', () => facade.newSession())
      },
      createSession: () => {
        noteEnd()
        ask('create session', () => sessionManager.createSession())
      },
      endSession: () => {
        noteEnd()
        leave()
        own.isCallUnwanted = mirrored === null
        ask('end session', () => sessionManager.endSession())
      },
      restoreSession: () => {
        const wasCallUnwanted = own.isCallUnwanted
        own.isCallUnwanted = id !== undefined && this.#ended.has(id)
        // A session that is already open stays open, and is not saved for that.
        if (id !== current) noteEnd()
        own.isRestoringFirst = current === null
        if (id !== undefined) left.delete(id)
        ask(`restore ${id}`, async () => {
          const { conversation } = await sessionManager.restoreSession(id).finally(() => {
            if (own.lastOp === number) own.isRestoringFirst = false
          })
          const shown = this.#stateOf(agent).session.id
          // Another tab has it, so this one keeps its session with its call.
          if (own.lastOp === number && shown === current && !wasCallUnwanted) own.isCallUnwanted = false
          // A later intent wins.
          if (id === undefined || own.lastOp !== number) return
          // Another tab owns it, and this one mirrors it.
          if (mirrorOf(this.#stateOf(agent).session) === id) return
          const isStored = disk.records.has(`session/${id}/head`) && !this.#deleted.has(id)
          if (conversation === 'failed' || shown === id || (shown === null && !isStored)) return
          const answer = `is answered ${conversation}, and shows ${shown}`
          this.world.violate(new Violation(`${page.name} was asked for ${id}, ${answer}.`))
        })
      },
      follow: () => {
        if (id === undefined || !mirror) return
        own.isCallUnwanted = false
        // A tab that follows its own session keeps it, and does not save it for that.
        if (id !== current) noteEnd()
        left.delete(id)
        ask(`follow ${id}`, () => mirror.follow(id))
      },
      takeOver: () => {
        own.isCallUnwanted = false
        ask('take over', () => mirror?.takeOver())
      },
      renameSession: () => {
        if (id === undefined) return
        const title = n === 3 ? null : `name ${number}`
        const save = () => sessionManager.renameSession(id, title)
        ask(`rename ${id}`, () => this.#names.request(id, page, { title, save }))
      },
      deleteSession: () => {
        if (id === undefined) return
        this.#deleted.add(id)
        if (this.#userOf.get(id) === scope) own.deleting.push(id)
        ask(`delete ${id}`, async () => {
          await sessionManager.deleteSession(id)
          // A page without consent has no access to what other tabs store.
          if (this.#userOf.get(id) === scope && own.lastConsent === 0) this.#gone.add(id)
        })
      },
      eraseAll: () => {
        leave()
        const ids = [...this.#userOf].flatMap(([id, user]) => (user === scope ? [id] : []))
        for (const id of ids) this.#deleted.add(id)
        own.deleting.push(...ids)
        this.#erasing.add(scope)
        own.writesWithoutConsent = null
        ask('erase all', async () => {
          await sessionManager.eraseAll()
          own.writesWithoutConsent &&= this.#writesOf(page)
          for (const id of ids) this.#erased.add(id)
        })
      },
      switchUser: () => {
        noteEnd()
        leave()
        own.scope = scope === null ? 'ben' : null
        ask('switch user', () => facade.reset({ scope: own.scope }))
      },
      reset: () => {
        leave()
        own.isCallUnwanted = mirrored === null
        ask('reset', () => facade.reset())
      },
      logOut: () => {
        leave(false)
        // A root reset has no effect before the page's code has loaded.
        const isLoaded = !this.#isLate || this.#stateOf(agent).session.tabId !== null
        if (isLoaded) own.isCallUnwanted = mirrored === null
        page.run(() => void store.dispatch({ type: 'loggedOut' }))
      },
      withdrawConsent: () => {
        own.isCallDue = own.isCallUnwanted = false
        own.lastConsent = number
        own.isConsentUnsettled = true
        own.writesWithoutConsent = null
        if (current !== null) {
          this.#sessions.set(current, null)
          own.ending.delete(current)
        }
        ask('withdraw consent', async () => {
          await facade.setConsent(false)
          own.isConsentUnsettled = own.lastConsent !== number
          if (own.lastConsent === number) own.writesWithoutConsent = this.#writesOf(page)
        })
      },
      giveConsent: () => {
        own.isConsentUnsettled = true
        own.writesWithoutConsent = null
        own.lastConsent = number
        ask('give consent', async () => {
          await facade.setConsent(true)
          own.isConsentUnsettled = own.lastConsent !== number
        })
      },
      switchTransport: () => {
        // The new agent doesn't know what the previous one has received.
        own.isForgotten = true
        ask('switch transport', () => agent.switchTransport())
      },
      announceEnd: () => emit({ type: 'endAnnounced', inMs: n * 1_000 }),
      retry: () => attempt(() => facade.retry()),
      interrupt: () => attempt(() => facade.interrupt()),
      mute: () => attempt(() => (n % 2 ? facade.mute() : facade.unmute())),
      talkMode: () => {
        own.isPressing = false
        attempt(() => facade.setTalkMode(talkModes[n % talkModes.length] ?? 'hands-free'))
      },
      press: () =>
        attempt(() => {
          facade.startTalking()
          own.isPressing = true
        }),
      release: () => {
        own.isPressing = false
        attempt(() => facade.stopTalking())
      },
      selectMicrophone: () => attempt(() => facade.selectMicrophone(n % 2 ? 'headset' : null)),
      retryMicrophone: () => attempt(() => facade.retryMicrophone()),
      flush: () => ask('flush', () => voiceAgent.persistor.flush()),
      reload: () => {
        page.hide()
        this.#reload(slot)
      },
      crash: () => this.#reload(slot),
      navigate: () => this.#navigate(slot),
      back: () => this.#goBack(slot),
      unmount: () => {
        own.unmount = 'begun'
        const { deleting } = own
        ask('dispose', async () => {
          await voiceAgent.dispose()
          own.unmount = 'done'
          own.writes = this.#writesOf(page)
          if (!this.#hadDiskFaults) for (const each of deleting) this.#gone.add(each)
        })
      },
      close: () => {
        this.#cutOff(own)
        page.hide()
        this.#unload(slot)
      },
      openTab: () => {
        const free = this.#tabs.indexOf(null)
        if (free >= 0)
          this.#load(free, n % 2 ? area.copy() : new StorageArea(), new Set(), n > 3 ? 'ben' : scope)
      },
      answering: () => {
        const turnId = `turn-${number}`
        emit({ type: 'assistantTurnStarted', turnId })
        emit({ type: 'assistantTextAppended', turnId, delta: `said-${number}-in-${inCall}` })
        if (n > 0) emit({ type: 'assistantTurnCompleted', turnId })
      },
      resendText: () =>
        attempt(() => {
          const { notSent } = sortUnsent(this.#stateOf(agent).conversation)
          const text = notSent.at(-1 - (n % Math.max(1, notSent.length)))
          if (!text) return
          facade.resendText(text.id)
          // Starts a call if there is none.
          own.isCallUnwanted = false
          server.resend(text.id)
        }),
      forget: () => server.forget(page),
      earlyToolCall: () => {
        server.nextEarlyTool = `tool-${number}`
        for (const call of server.callsOf(page)) call.cut('closes')
      },
      toolCall: () => {
        const event = toolCallOf(`tool-${number}`)
        emit(event)
        // A network may deliver it twice.
        if (n === 0) emit(event)
      },
      // As after a reload, when the agent does not know whether the page has received it.
      repeatTool: () => {
        for (const call of server.callsOf(page)) {
          const calledTools = [...call.agent.tools.keys()]
          const toolCallId = calledTools.at(-1 - (n % Math.max(1, calledTools.length)))
          if (toolCallId !== undefined) call.emit(toolCallOf(toolCallId))
        }
      },
      approvalCall: () => emit(toolCallOf(`pay-${number}`)),
      approve: () => {
        const payment = this.#lastPayment(agent)
        if (!payment) return
        if (payment.isAwaitingApproval) this.#approved.add(payment.id)
        // Also one that has been decided, because two clicks may come together.
        attempt(() => facade.approveTool(payment.id))
      },
      decline: () => {
        const payment = this.#lastPayment(agent)
        if (payment) attempt(() => facade.declineTool(payment.id))
      },
      silence: () => {
        emit({ type: 'connectionState', state: 'disconnected' })
        if (n % 2) emit({ type: 'connectionState', state: 'connected' })
      },
      dropCall: () => {
        const ways: Cut[] = ['refuses', 'closes', 'falls silent']
        for (const call of server.callsOf(page)) call.cut(ways[n % ways.length] ?? 'closes')
      },
      agentLeaves: () => emit({ type: 'agentLeft' }),
      refuse: () => {
        const faults: ConnectFault[] = ['unreachable', 'unauthorized', 'rejected', 'unreachable']
        server.nextConnect = faults[n % faults.length] ?? null
      },
      hangServer: () => {
        server.isHanging = true
      },
      tokenDown: () => {
        server.isTokenEndpointDown = true
      },
      expireTokens: () => server.expireTokens(),
      prompt: () => {
        microphones.permission = n % 3 === 0 ? 'denied' : 'prompt'
      },
      answerPrompts: () => microphones.answerPrompts(n % 2 === 0),
      unplug: () => microphones.unplug(page),
      failWrite: () => {
        this.#hadDiskFaults = true
        disk.failNext('write', page)
      },
      failRead: () => {
        this.#hadDiskFaults = true
        disk.failNext('read', page)
      },
      lose: () => {
        this.#hadDiskFaults = true
        disk.loseConnections(page)
      },
      hangDisk: () => {
        this.#hadDiskFaults = true
        for (const tab of this.#tabs) if (tab && tab.agent.open.size > 0) tab.isEndLate = true
        disk.hang()
      },
      heal: () => this.#heal(),
      // Handled by `run`, because it takes time.
      returnLater: () => {},
      waitLong: () => {},
      wait: () => this.world.setTimer(() => {}, n * 1000),
    }
    ops[kind]()
    const tab = this.#tabs[slot]
    if (tab) this.#check(tab)
  }

  #heal(): void {
    for (const disk of this.#disks.values()) disk.heal()
    this.server.heal()
    this.microphones.permission = 'granted'
    this.microphones.answerPrompts(true)
  }

  /** Checks the invariants that hold at every moment. */
  #check(tab: Tab): void {
    const { agent, left } = tab
    const { page } = agent
    const { session, conversation, connection } = this.#stateOf(agent)
    if (['idle', 'disconnected', 'failed'].includes(connection.status)) {
      tab.typed = []
      tab.isForgotten = false
    }
    // A mirror without an owner gives the texts back that it could not pass on.
    if (session.mirror?.status === 'gone') tab.typed = []
    const microphones = this.microphones.liveOf(page)
    if (microphones > 1) throw new Violation(`${page.name} has ${microphones} live microphones.`)
    if (!isCallWanted(connection.status)) tab.isPressing = false
    this.#checkPrivacy(tab)
    if (this.server.openOf(page) > 1) throw new Violation(`${page.name} has two connections.`)
    if (tab.unmount && microphones + this.server.openOf(page) > 0)
      throw new Violation(`${page.name} was disposed of, but has a connection or a microphone.`)
    for (const { sessionId } of this.server.callsOf(page)) {
      // A call may be set up before its session exists, but is live only with it.
      if (sessionId === null && connection.status === 'connecting') continue
      if (sessionId === null) throw new Violation(`${page.name} has a call without a session.`)
      if (sessionId !== session.id)
        throw new Violation(`${page.name} has a call of ${sessionId} while ${session.id} is open.`)
    }
    const shown = mirrorOf(session) ?? session.id
    if (shown !== null && left.has(shown)) {
      throw new Violation(`${page.name} shows ${shown}, although its user has left it.`)
    }
    // A mirror that takes over the conversation sets up its call before it owns the session.
    const isMoving = session.mirror?.status === 'moving'
    if (mirrorOf(session) !== null && !isMoving && (microphones > 0 || this.server.callsOf(page).length > 0))
      throw new Violation(`${page.name} mirrors ${shown}, but has a call or a microphone.`)
    const listening = this.#tabs.filter((each) => each && this.microphones.liveOf(each.agent.page) > 0)
    const callers = listening.map((each) => each && this.#stateOf(each.agent).session)
    if (shown !== null && callers.filter((each) => each && (mirrorOf(each) ?? each.id) === shown).length > 1)
      throw new Violation(`Two tabs listen for ${shown}.`)
    if (session.id !== null && !this.#sessions.has(session.id)) {
      this.#sessions.set(session.id, null)
      this.#userOf.set(session.id, tab.scope)
    }
    if (session.id !== null && this.#userOf.get(session.id) !== tab.scope)
      throw new Violation(`${page.name} shows ${session.id}, which is another user's.`)
    for (const { text } of textsOf(conversation.messages)) {
      if (shown !== null && !/-in-null$/.test(text) && text && !text.endsWith(`-in-${shown}`)) {
        throw new Violation(`${page.name} shows "${text}" in ${shown}.`)
      }
    }
  }

  /** Checks that no one hears a user who is muted, doesn't press the button, or only types. */
  #checkPrivacy({ agent, isPressing }: Tab): void {
    const { page } = agent
    if (!this.microphones.isHeard(page)) return
    const { isMuted, talk } = this.#stateOf(agent).connection
    if (talk === 'push-to-talk' ? !isPressing : isMuted || talk === 'text')
      throw new Violation(
        `${page.name} listens, although its user ${isMuted ? 'is muted' : 'does not talk'} (${talk}).`,
      )
  }

  #promise(id: string, seen: Seen): void {
    if (!this.#deleted.has(id)) this.#sessions.set(id, seen)
  }

  /** Checks that nothing erased is on a disk, in a tab, or shown. */
  #checkErased(): void {
    for (const id of this.#gone) {
      const { records } = this.#diskOf(this.#userOf.get(id) ?? null)
      // Without the key, it is unreadable: a page wrote it before it heard of the deletion, and closed before it could take that back.
      if (records.has(`session/${id}/head`) && records.has(`key/session/${id}`))
        throw new Violation(`${id} was deleted, but is stored.`)
    }
    for (const id of this.#erased) {
      const scope = this.#userOf.get(id) ?? null
      const records = [...this.#diskOf(scope).records.keys()].filter((key) =>
        `${key}/`.includes(`session/${id}/`),
      )
      if (records.length > 0) throw new Violation(`${id} was erased, but ${records} are stored.`)
      for (const tab of this.#tabs) {
        // As after a page has closed, the tab's next page finds that it is gone.
        if (!tab || tab.unmount) continue
        const { page } = tab.agent
        const { session } = this.#stateOf(tab.agent)
        // A page without consent, or whose storage did not open, has nothing stored, and does not hear of the erasure.
        if (session.id === id && session.storage !== 'memory')
          throw new Violation(`${id} was erased, and ${page.name} shows it.`)
        const entry = Object.entries(tab.area).find(
          ([name, value]) =>
            /:(token|journal:.*)$/.test(name) && new RegExp(`\\b${id}\\b`).test(`${name} ${value}`),
        )
        if (entry && tab.scope === scope && !this.#hadDiskFaults)
          throw new Violation(`${id} was erased, and ${page.name} has ${entry[0]}.`)
      }
    }
  }

  async #checkAtRest(): Promise<void> {
    this.#heal()
    for (const kind of ['first', 'second']) {
      // A response may open the next prompt.
      this.world.log?.(`at rest: ${kind}`)
      await this.#rest()
      this.microphones.answerPrompts(true)
      for (const tab of this.#tabs) if (tab && !tab.unmount) this.#checkRetried(tab.agent)
    }
    for (const tab of this.#tabs) {
      if (!tab || tab.unmount) continue
      const { page, voiceAgent, ask } = tab.agent
      // A change, so that a status left by a failed save is outdated.
      if (mirrorOf(this.#stateOf(tab.agent).session) === null)
        page.run(() => voiceAgent.agent.setVolume(this.world.random()))
      ask('flush', () => voiceAgent.persistor.flush())
    }
    await this.#rest()
    this.#erasing.clear()
    for (const tab of this.#tabs) if (tab?.unmount) this.#checkUnmounted(tab)
    for (const tab of this.#tabs) if (tab && !tab.unmount) this.#checkResting(tab)
    for (const tab of this.#tabs) if (tab && !tab.unmount) this.#checkConsent(tab)
    this.#checkErased()
    for (const id of this.#sessions.keys()) {
      const database = databaseOf(this.#userOf.get(id) ?? null)
      const holder = this.browser.holderOf(`redux-voice-agent:${database}:session:${id}`)
      const tab = this.#tabs.find((each) => each?.agent.page === holder)
      if (tab && (tab.unmount || ownIdOf(this.#stateOf(tab.agent).session) !== id)) {
        throw new Violation(`${tab.agent.page.name} holds ${id}, but does not have it open.`)
      }
    }
  }

  /** Checks that nothing is left of an agent that was disposed of. */
  #checkUnmounted({ agent: { page, open }, writes }: Tab): void {
    const [waiting] = open
    if (waiting) throw new Violation(`${page.name} waits for ever: ${waiting}.`)
    for (const disk of this.#disks.values())
      if (disk.writesOf(page) !== (writes.get(disk) ?? 0))
        throw new Violation(`${page.name} was disposed of, and has stored something since.`)
  }

  /** Checks that a page without consent has stored nothing since, and has no stored token. */
  #checkConsent({ agent: { page }, area, writesWithoutConsent: before }: Tab): void {
    if (before === null) return
    if (Object.values(area).some((text: string) => text.includes('"persistedSessionId"')))
      throw new Violation(`${page.name} has a stored token without consent.`)
    for (const [disk, writes] of this.#writesOf(page))
      if (writes !== (before.get(disk) ?? 0))
        throw new Violation(`${page.name} has stored something without consent.`)
  }

  /** Checks that words that a save couldn't store are stored later without user action. After several failures, that takes longer. */
  #checkRetried(agent: AgentPage): void {
    const { session, conversation } = this.#stateOf(agent)
    if (session.id === null || this.#deleted.has(session.id) || session.storage !== 'degraded') return
    if (agent.page.failures > 4 || session.error?.code !== 'storage-write-failed') return
    const saidAt = Math.max(0, ...textsOf(conversation.messages).map(({ createdAt }) => createdAt))
    if (saidAt > (session.lastSavedAt ?? 0))
      throw new Violation(`${agent.page.name} does not retry saving ${session.id}.`)
  }

  #checkResting({ agent, scope, isCallUnwanted, isCallDue, typed, typedAsMirror, isForgotten }: Tab): void {
    const { page, open } = agent
    const { connection, session, conversation } = this.#stateOf(agent)
    const [waiting] = open
    if (waiting) throw new Violation(`${page.name} waits for ever: ${waiting}.`)
    if (mirrorOf(session) !== null) {
      this.#checkMirror(agent)
      return
    }
    const calls = this.server.callsOf(page).length
    const isOn = connection.status === 'connected'
    if (calls !== (isOn ? 1 : 0) || this.server.openOf(page) !== calls) {
      throw new Violation(
        `${page.name} is ${connection.status} with ${calls} calls and ${this.server.openOf(page)} connections.`,
      )
    }
    if (!isOn && isCallDue && this.#isUneventful)
      throw new Violation(`${page.name} is ${connection.status}, although its user has requested a call.`)
    if (isOn && isCallUnwanted) throw new Violation(`${page.name} has a call that its user has ended.`)
    const texts = textsOf(conversation.messages)
    if (isOn) {
      if (conversation.outbox.length > 0)
        throw new Violation(`${page.name} has a call, but ${conversation.outbox} wait forever to be sent.`)
      // A text from a session that was left is not expected in the next one.
      const own = typed.filter((text) => text.endsWith(`-in-${session.id}`) || text.endsWith('-in-null'))
      for (const typedText of own) {
        const message = texts.find(({ text }) => text === typedText)
        // It may be among the earlier messages, which this page has not loaded.
        if (!message && conversation.firstLoadedIndex > 0) continue
        // The previous agent may have received it, or the other tab may have sent it before its call moved here, so the user decides.
        const isDoubtful = (id: string) =>
          (isForgotten && this.server.hasLeft(id)) ||
          (!this.server.isAcknowledging && typedAsMirror.has(typedText))
        const isLeftToUser = message?.isUnsent && isDoubtful(message.id)
        if (!message || !(isLeftToUser || this.server.hasOrDoubts(message.id)))
          throw new Violation(`"${typedText}" never came, though ${page.name} has a call.`)
      }
      const asked = toolsWith(conversation.messages, 'awaiting-approval')
      for (const call of this.server.callsOf(page)) {
        const waits = [...call.agent.tools].filter(([, state]) => state === 'waits').map(([id]) => id)
        const waiting = waits.find((id) => !asked.includes(id))
        if (waiting && !this.#hadDiskFaults)
          throw new Violation(`The agent of ${page.name} waits for ${waiting} for ever.`)
      }
    }
    if (!isOn && this.microphones.liveOf(page) > 0)
      throw new Violation(`${page.name} listens without a call.`)
    for (const { id, text, isUnsent } of texts) {
      if (text.startsWith('typed') && !isUnsent && !this.server.hasOrDoubts(id)) {
        throw new Violation(`${page.name} shows "${text}" as sent, but its agent has not received it.`)
      }
    }
    if (session.id === null) return
    const head = this.#diskOf(scope).records.get(`session/${session.id}/head`)?.record
    const isHealed = !['storage-write-failed', 'storage-quota'].includes(session.error?.code ?? '')
    if (session.storage === 'degraded' && !isHealed) {
      throw new Violation(`${page.name} stores nothing of ${session.id}, although nothing fails.`)
    }
    this.#names.check(session.id, session.title)
    if (session.storage !== 'persistent') return
    if (head?.kind === 'head' && head.revision !== session.revision && !this.#deleted.has(session.id)) {
      throw new Violation(
        `${page.name} has ${session.id}@${session.revision}, but revision ${head.revision} is stored.`,
      )
    }
    const elsewhere = this.#tabs.some(
      (tab) =>
        tab &&
        !tab.unmount &&
        tab.agent !== agent &&
        ownIdOf(this.#stateOf(tab.agent).session) === session.id,
    )
    if (elsewhere) throw new Violation(`${session.id} is open in two tabs.`)
    this.#promise(session.id, seenIn(conversation))
  }

  /** Checks that a mirror shows what its owner shows, or that there is no owner. */
  #checkMirror(agent: AgentPage): void {
    const { session, conversation, connection } = this.#stateOf(agent)
    const { page } = agent
    const sessionId = mirrorOf(session)
    const status = session.mirror?.status
    const owner = this.#tabs.find(
      (tab) => tab && !tab.unmount && ownIdOf(this.#stateOf(tab.agent).session) === sessionId,
    )
    // An owner that stores nothing, such as one without consent, has no key for a channel to other tabs.
    if (status === 'gone' && owner && this.#stateOf(owner.agent).session.storage === 'memory') return
    // A page in the back/forward cache keeps its locks, so its mirrors can't know that it does not return.
    const isFrozenOwner = ({ agent: { page } }: Tab) =>
      this.browser.heldBy(page).some((lock) => lock.includes(`:mirror:${sessionId}:`))
    if (status === 'live' && !owner && this.#tabs.some((tab) => tab?.cached && isFrozenOwner(tab.cached)))
      return
    if (status !== (owner ? 'live' : 'gone'))
      throw new Violation(`${page.name} is ${status}, and ${sessionId} has ${owner ? 'an' : 'no'} owner.`)
    if (!owner) return
    const shown = this.#stateOf(owner.agent)
    if (connection.status !== shown.connection.status)
      throw new Violation(`${page.name} shows ${connection.status} instead of ${shown.connection.status}.`)
    const [own, owners] = [seenIn(conversation), seenIn(shown.conversation)]
    if (!isWithin(own, owners) || !isWithin(owners, own))
      throw new Violation(`${page.name} shows "${own.texts}" instead of "${owners.texts}".`)
  }

  /** Crashes every page. The next one must find the conversation that was shown at rest. */
  async #audit(): Promise<void> {
    for (const slot of this.#tabs.keys()) if (this.#tabs[slot]) this.#unload(slot)
    await this.world.rest()
    for (const scope of [null, 'ben'] as const) await this.#auditUser(scope)
  }

  async #auditUser(scope: Scope): Promise<void> {
    const { agent } = this.#load(0, new StorageArea(), new Set(), scope)
    await this.#rest()
    for (const [id, seen] of this.#sessions) {
      if (!seen || this.#deleted.has(id) || this.#userOf.get(id) !== scope) continue
      agent.ask(`restore ${id}`, () => agent.voiceAgent.sessionManager.restoreSession(id))
      await this.#rest()
      this.microphones.answerPrompts(true)
      await this.#rest()
      const { session, conversation } = this.#stateOf(agent)
      if (session.id !== id && !this.#hadDiskFaults) throw new Violation(`${id} was saved, but is not found.`)
      if (session.id !== id) continue
      this.#names.check(id, session.title)
      const found = seenIn(conversation)
      if (!isWithin(seen, found))
        throw new Violation(`${id} was "${seen.texts}" and is "${found.texts}" from ${found.from}.`)
    }
    agent.ask('dispose', () => agent.voiceAgent.dispose())
    await this.#rest()
    const { page } = agent
    if (this.server.openOf(page) > 0 || this.microphones.liveOf(page) > 0) {
      throw new Violation(`${page.name} was disposed, but still has a call or a microphone.`)
    }
    this.#unload(0)
    await this.world.rest()
  }

  /** Describes roughly in which situation an op runs. */
  #noteSituation(kind: Kind, agent: AgentPage, id: string | undefined): void {
    const describe = (each: AgentPage) => {
      const { session, connection } = this.#stateOf(each)
      const labels = [...each.open].map((label) => label.replace(/[\d#]+/g, '').trim())
      const relation = session.id === null ? '' : session.id === id
      return [relation, session.restore.phase, connection.status, [...new Set(labels)].sort()]
    }
    const { session, connection, conversation } = this.#stateOf(agent)
    const own = [kind, describe(agent)]
    this.situations.add(JSON.stringify([own, session.storage, connection.microphone, conversation.status]))
    for (const other of this.#tabs) {
      if (other && other.agent !== agent) this.situations.add(JSON.stringify([own, describe(other.agent)]))
    }
  }

  #describe(): string {
    return JSON.stringify(
      this.#tabs.map((tab) => {
        if (!tab) return null
        const { session, connection, conversation } = this.#stateOf(tab.agent)
        const { page, open } = tab.agent
        return [
          session.id !== null,
          session.storage,
          session.restore.phase,
          connection.status,
          connection.microphone,
          conversation.status,
          [...open].map((label) => label.replace(/[\d#]+/g, '')).sort(),
          this.server.openOf(page),
          this.microphones.liveOf(page),
        ]
      }),
    )
  }
}

/** Id of the session that a page mirrors; null if none. */
const mirrorOf = ({ mirror }: VoiceAgentState['session']): string | null =>
  mirror === null || mirror.status === 'offered' ? null : mirror.sessionId

/** Id of the session that a page owns. */
const ownIdOf = (session: VoiceAgentState['session']): string | null =>
  mirrorOf(session) === null ? session.id : null

function seenIn({
  messages,
  firstLoadedIndex,
}: {
  messages: Parameters<typeof textsOf>[0]
  firstLoadedIndex: number
}): Seen {
  return { texts: textsOf(messages).map(({ text }) => text), from: firstLoadedIndex }
}

/** True if `found` contains everything that was seen, except earlier messages that are not loaded. */
const isWithin = (seen: Seen, found: Seen) =>
  seen.texts.every((text, offset) => {
    const index = seen.from + offset - found.from
    return index < 0 || found.texts[index] === text
  })

/** Drops trailing empty messages: an answer without words is not stored when its session ends. */
function withoutEmpty({ texts, from }: Seen): Seen {
  return { texts: texts.slice(0, texts.findLastIndex((text) => text !== '') + 1), from }
}

interface Shown {
  id: string
  text: string
  createdAt: number
  isUnsent?: boolean
}

function textsOf(log: { full: unknown; tail: readonly Shown[] }): Shown[] {
  return [...([log.full].flat(9) as Shown[]), ...log.tail].filter((message) => message && 'text' in message)
}

export async function agentSubject(mutant: readonly SourcePatch[] = []): Promise<Subject<AgentOp>> {
  const code = await bundleAgent(mutant)
  return {
    draw: (dice) => drawCase(space, dice),
    vary: (ops, other, dice) => varyCase(space, ops, other, dice),
    create: (schedule) => new AgentSimulation(code, schedule),
  }
}
