import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import type { StoreEnhancer, UnknownAction } from '@reduxjs/toolkit'
import { VoiceAgentError } from 'redux-voice-agent'
import { type ConnectScript, memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { statusIs } from '../middleware/support.js'
import { answerOf, countingTokens, idOf, leaveTwoSessions, rest, setUp, storedCounts } from './support.js'

afterEach(() => void vi.useRealTimers())

type Lifted = LiftedState<unknown, UnknownAction, unknown>

interface DevTools {
  dispatch(action: object): void
  getState(): Lifted
}

/** A page with the DevTools instrument. */
function setUpTravel(connect?: ConnectScript, options: Parameters<typeof setUp>[1] = {}) {
  const enhancer = instrument(undefined, { maxAge: 5_000 }) as StoreEnhancer
  const page = setUp(connect, options, { enhancer, isUnchecked: true })
  const { liftedStore: devTools } = page.store as unknown as { liftedStore: DevTools }
  const jump = (index: number) => devTools.dispatch(ActionCreators.jumpToState(index))
  return {
    ...page,
    devTools,
    jump,
    present: () => jump(devTools.getState().stagedActionIds.length - 1),
  }
}

const inMemory = (storage: VoiceStorage = memoryStorage('tab')) => ({
  persistence: { storage, debounceMs: 0 },
})

/** A log as a colleague would send it. */
async function recordStrangersLog(): Promise<Lifted> {
  const theirs = setUpTravel(undefined, inMemory(memoryStorage('their tab')))
  await theirs.sessionManager.initialize()
  await theirs.agent.connect()
  for (let count = 0; count < 30; count++) theirs.agent.sendText(`theirs ${count}`)
  await theirs.voiceAgent.persistor.flush()
  const log: Lifted = JSON.parse(JSON.stringify(theirs.devTools.getState()))
  await theirs.voiceAgent.dispose()
  return log
}

describe('while the past is shown', () => {
  it('something live tells the listeners nothing about the past', async () => {
    const { agent, transport, jump } = setUpTravel()
    await agent.connect()
    const notified: string[] = []
    agent.on('connectionStateChanged', (status) => notified.push(status))
    jump(0)
    transport.emit({ type: 'userSpeechStarted' })
    expect(notified).toEqual([])
    expect(transport.open).toBe(1)
  })

  it('listeners receive a new message', async () => {
    const { agent, transport, jump } = setUpTravel()
    await agent.connect()
    transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
    transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Hello' })
    const notified: string[] = []
    agent.on('message', ({ text }) => notified.push(text))
    jump(0)
    transport.emit({ type: 'assistantTurnCompleted', turnId: 'a' })
    transport.emit({ type: 'userTranscriptReceived', text: 'Heard', final: true })
    expect(notified).toEqual(['Hello', 'Heard'])
  })

  it('connect() resolves: a call is live', async () => {
    const { agent, transport, jump } = setUpTravel()
    await agent.connect()
    jump(0)
    expect(await answerOf(agent.connect())).toBe('resolved')
    expect(transport.requests).toHaveLength(1)
  })

  it('a reconnection creates no session, and tells the agent what was said in this one', async () => {
    const { agent, jump, present, transport, state, sessionManager } = setUpTravel(undefined, inMemory())
    await sessionManager.initialize()
    await agent.connect()
    agent.sendText('one')
    const { createdAt } = state().session
    const created = vi.fn()
    agent.on('sessionCreated', created)
    await rest()
    jump(0)
    transport.emit({ type: 'connectionState', state: 'closed' })
    await vi.waitFor(() => expect(transport.requests).toHaveLength(2))
    await rest()
    present()
    expect(created).not.toHaveBeenCalled()
    expect(state().session.createdAt).toBe(createdAt)
    expect(transport.requests[1]).toMatchObject({ resume: true, context: [{ text: 'one' }] })
    expect(state().connection.status).toBe('connected')
  })

  it('a renewed token is stored in the open session', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const storage = memoryStorage('tab')
    const { agent, jump, devTools, state, sessionManager } = setUpTravel(undefined, {
      ...inMemory(storage),
      refreshToken: countingTokens(60_000),
    })
    await sessionManager.initialize()
    await agent.connect()
    const first = state().session.id
    const inFirst = devTools.getState().currentStateIndex
    await agent.newSession()
    await agent.connect()
    const second = state().session.id
    const token = await storage.tokens.read()?.open()
    jump(inFirst)
    expect(state().session.id).toBe(first)
    await vi.advanceTimersByTimeAsync(50_000)
    const stored = storage.tokens.read()
    expect(stored?.persistedSessionId).toBe(second)
    const renewed = await stored?.open()
    expect(renewed?.sessionId).toBe(second)
    expect(renewed?.token).not.toBe(token?.token)
  })

  it('nothing from an imported log is stored, whatever is live', async () => {
    const log = await recordStrangersLog()
    const storage = memoryStorage('tab')
    const page = setUpTravel(undefined, inMemory(storage))
    await page.sessionManager.initialize()
    await page.agent.connect()
    page.agent.sendText('mine')
    await page.voiceAgent.persistor.flush()
    const before = await storedCounts(page)
    page.devTools.dispatch(ActionCreators.importState(log))
    page.transport.emit({ type: 'userTranscriptReceived', text: 'mine again', final: true })
    await rest()
    await page.voiceAgent.persistor.flush()
    expect(await storedCounts(page)).toEqual(before)
    await page.voiceAgent.dispose()
    // As the page closes, only the words of its own call are saved.
    const [own = ''] = Object.keys(before)
    expect(await storedCounts(setUp(undefined, inMemory(storage)))).toEqual({ [own]: 2 })
  })

  it('after an import, disconnect() ends what is shown, and connect() starts a call', async () => {
    const log = await recordStrangersLog()
    const { agent, devTools, sessionManager, state, transport } = setUpTravel()
    await sessionManager.initialize()
    devTools.dispatch(ActionCreators.importState(log))
    expect(state().connection.status).toBe('connected')
    await agent.disconnect()
    expect(state().connection.status).not.toBe('connected')
    expect(await answerOf(agent.connect())).toBe('resolved')
    expect(transport.open).toBe(1)
  })

  it('a connection made meanwhile is the one that the present shows', async () => {
    const { agent, jump, present, transport, state } = setUpTravel()
    await agent.connect()
    jump(0)
    transport.emit({ type: 'connectionState', state: 'closed' })
    await vi.waitFor(() => expect(transport.requests).toHaveLength(2))
    await rest()
    present()
    expect(state().connection.status).toBe('connected')
  })
})

interface World {
  page: ReturnType<typeof setUpTravel>
  storage: VoiceStorage
  own: string
  earlier: string
  last: string
  /** Set by tests to make the agent unreachable. */
  agent: { isDown: boolean }
}

const tools = {
  look: {
    description: 'Looks.',
    parameters: {
      '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
    },
    run: () => 'seen',
  },
}

/** A call with this number of actions, in a tab that has stored two other conversations. */
async function recordCall(actionCount: number, delayMs = 0): Promise<World> {
  const left = await leaveTwoSessions()
  const agent = { isDown: false }
  const page = setUpTravel(
    () => {
      if (agent.isDown) throw new VoiceAgentError('agent-unreachable')
      return 'fresh'
    },
    {
      ...inMemory(left.storage),
      autoReconnect: 'never',
      tools,
      reconnect: ({ attempt }) => (attempt > 3 ? null : delayMs),
    },
  )
  await page.sessionManager.initialize()
  await page.agent.newSession()
  await page.agent.connect()
  const { transport, devTools } = page
  for (let turn = 0; devTools.getState().stagedActionIds.length < actionCount; turn++) {
    transport.emit({ type: 'userSpeechStarted' })
    transport.emit({ type: 'userSpeechStopped' })
    transport.emit({ type: 'userTranscriptReceived', text: `Question ${turn}`, final: true })
    transport.emit({ type: 'assistantTurnStarted', turnId: `a${turn}` })
    transport.emit({ type: 'assistantTextReplaced', turnId: `a${turn}`, text: `Answer ${turn}` })
    transport.emit({ type: 'assistantSpeechStarted' })
    transport.emit({ type: 'assistantTurnCompleted', turnId: `a${turn}` })
    transport.emit({ type: 'assistantSpeechStopped' })
  }
  await page.voiceAgent.persistor.flush()
  return { ...left, page, own: idOf(page), agent }
}

type Command = (world: World) => unknown

/** Public commands, and events from the agent and the network. */
const commands: Record<string, Command> = {
  'connect()': ({ page }) => page.agent.connect(),
  'disconnect()': ({ page }) => page.agent.disconnect(),
  'disconnect(); connect()': ({ page }) => Promise.all([page.agent.disconnect(), page.agent.connect()]),
  'sendText()': ({ page }) => page.agent.sendText('said then'),
  'sendClientMessage()': ({ page }) => page.agent.sendClientMessage('cart', ['a kettle']),
  'interrupt()': ({ page }) => page.agent.interrupt(),
  'mute()': ({ page }) => page.agent.mute(),
  'mute(); unmute()': ({ page }) => {
    page.agent.mute()
    page.agent.unmute()
  },
  'setTalkMode()': ({ page }) => page.agent.setTalkMode('push-to-talk'),
  'startTalking()': ({ page }) => page.agent.startTalking(),
  'stopTalking()': ({ page }) => page.agent.stopTalking(),
  'selectSpeaker()': ({ page }) => page.agent.selectSpeaker('headset'),
  'retryMicrophone()': ({ page }) => page.agent.retryMicrophone(),
  'resumePlayback()': ({ page }) => page.agent.resumePlayback(),
  'setDraft()': ({ page }) => page.agent.setDraft('half a thought'),
  'resendText()': ({ page }) => page.agent.resendText('no such text'),
  'approveTool()': ({ page }) => page.agent.approveTool('no such call'),
  'declineTool()': ({ page }) => page.agent.declineTool('no such call'),
  'prepare()': ({ page }) => page.agent.prepare(),
  'switchTransport()': ({ page }) => page.agent.switchTransport(page.transport),
  'setConsent()': ({ page }) => page.agent.setConsent(true),
  'setVolume()': ({ page }) => page.agent.setVolume(0.5),
  'selectMicrophone()': ({ page }) => page.agent.selectMicrophone('headset'),
  'retry()': ({ page }) => page.agent.retry(),
  'loadEarlierMessages()': ({ page }) => page.agent.loadEarlierMessages(),
  'newSession()': ({ page }) => page.agent.newSession(),
  'newSession(); connect()': ({ page }) => Promise.all([page.agent.newSession(), page.agent.connect()]),
  'newSession(), connect(), sendText()': async ({ page }) => {
    await page.agent.newSession()
    await page.agent.connect()
    page.agent.sendText('said then')
  },
  'createSession()': ({ page }) => page.sessionManager.createSession(),
  'endSession()': ({ page }) => page.sessionManager.endSession(),
  'restoreSession() of another': ({ page, earlier }) => page.sessionManager.restoreSession(earlier),
  'restoreSession() of another; connect()': ({ page, earlier }) =>
    Promise.all([page.sessionManager.restoreSession(earlier), page.agent.connect()]),
  'restoreSession() of the same': ({ page, own }) => page.sessionManager.restoreSession(own),
  'deleteSession() of this one': ({ page, own }) => page.sessionManager.deleteSession(own),
  'deleteSession() of another': ({ page, earlier }) => page.sessionManager.deleteSession(earlier),
  'renameSession() of this one': ({ page, own }) => page.sessionManager.renameSession(own, 'About kettles'),
  'renameSession() of another': ({ page, earlier }) =>
    page.sessionManager.renameSession(earlier, 'About kettles'),
  'cleanup()': ({ page }) => page.sessionManager.cleanup(),
  'eraseAll()': ({ page }) => page.sessionManager.eraseAll(),
  'initialize()': async ({ page }) => void (await page.sessionManager.initialize()),
  'purge()': ({ page }) => page.voiceAgent.persistor.purge(),
  'reset()': ({ page }) => page.agent.reset(),
  'reset(), connect()': async ({ page }) => {
    await page.agent.reset()
    await page.agent.connect()
  },
  'dispose()': ({ page }) => page.voiceAgent.dispose(),
  connectRequested: ({ page }) => void page.store.dispatch(page.actions.connectRequested()),
  disconnectRequested: ({ page }) => void page.store.dispatch(page.actions.disconnectRequested()),
  sendTextRequested: ({ page }) => void page.store.dispatch(page.actions.sendTextRequested('said then')),
  restoreRequested: ({ page, earlier }) =>
    void page.store.dispatch(page.actions.restoreRequested({ sessionId: earlier })),
  'the connection is lost': ({ page }) => page.transport.emit({ type: 'connectionState', state: 'closed' }),
  'the connection is lost for good': ({ page, agent }) => {
    agent.isDown = true
    page.transport.emit({ type: 'connectionState', state: 'closed' })
  },
  'the agent leaves': ({ page }) => page.transport.emit({ type: 'agentLeft' }),
  'the agent calls a tool': ({ page }) =>
    page.transport.emit({ type: 'toolCallStarted', toolCallId: '1', name: 'look', arguments: {} }),
  'the user says something': ({ page }) =>
    page.transport.emit({ type: 'userTranscriptReceived', text: 'said then', final: true }),
  'the agent says something': ({ page }) => {
    page.transport.emit({ type: 'assistantTurnStarted', turnId: 'then' })
    page.transport.emit({ type: 'assistantTextReplaced', turnId: 'then', text: 'said then' })
    page.transport.emit({ type: 'assistantTurnCompleted', turnId: 'then' })
  },
}

interface View {
  name: string
  show: (devTools: DevTools, log: Lifted) => void
  /** True if the present can be shown again as it would be without DevTools. */
  isUndone?: boolean
  undo?: (devTools: DevTools) => void
}

const own = (devTools: DevTools): Lifted => JSON.parse(JSON.stringify(devTools.getState()))
const {
  jumpToState,
  jumpToAction,
  toggleAction,
  setActionsActive,
  reorderAction,
  rollback,
  reset,
  commit,
  sweep,
  importState,
  lockChanges,
  pauseRecording,
} = ActionCreators

/** Actions of the DevTools monitor, and how a test undoes them. */
const views: View[] = [
  { name: 'the beginning', show: (devTools) => devTools.dispatch(jumpToState(0)), isUndone: true },
  { name: 'jumpToState', show: (devTools) => devTools.dispatch(jumpToState(20)), isUndone: true },
  {
    name: 'jumpToAction',
    show: (devTools) => devTools.dispatch(jumpToAction(devTools.getState().stagedActionIds[30] ?? 0)),
    isUndone: true,
  },
  {
    name: 'toggleAction',
    show: (devTools) => devTools.dispatch(toggleAction(25)),
    undo: (devTools) => devTools.dispatch(toggleAction(25)),
    isUndone: true,
  },
  {
    name: 'setActionsActive',
    show: (devTools) => devTools.dispatch(setActionsActive(3, 30, false)),
    undo: (devTools) => devTools.dispatch(setActionsActive(3, 30, true)),
    isUndone: true,
  },
  { name: 'reorderAction', show: (devTools) => devTools.dispatch(reorderAction(10, 40)) },
  { name: 'rollback', show: (devTools) => devTools.dispatch(rollback()) },
  { name: 'reset', show: (devTools) => devTools.dispatch(reset()) },
  { name: 'commit', show: (devTools) => devTools.dispatch(commit()), isUndone: true },
  {
    name: 'sweep',
    show(devTools) {
      devTools.dispatch(setActionsActive(3, 30, false))
      devTools.dispatch(sweep())
    },
  },
  {
    name: 'pauseRecording',
    show: (devTools) => devTools.dispatch(pauseRecording(true)),
    undo: (devTools) => devTools.dispatch(pauseRecording(false)),
  },
  { name: 'importState of its own log', show: (devTools) => devTools.dispatch(importState(own(devTools))) },
  { name: "importState of a stranger's log", show: (devTools, log) => devTools.dispatch(importState(log)) },
]

/** `npm run test:slow` tries every command in every view of each call, which takes minutes. */
const triesAll = process.env.VITE_SLOW !== undefined

/** A subset for tests in which each view takes long. */
const chosenViews = views.filter(({ name }) => /^jumpToState|stranger/.test(name))

/** These and every third of the others. Commands with successive numbers have different ones. */
const viewsOf = (command: number) =>
  triesAll ? views : views.filter((view, at) => chosenViews.includes(view) || (at + command) % 3 === 0)

/** Runs the command, and records its effects outside the store. */
async function effectsOf(world: World, command: Command, view: View | null, log: Lifted) {
  const { page, storage } = world
  const { agent, transport, devTools, refreshToken } = page
  const name = (id: string | null | undefined) =>
    id === world.own
      ? 'own'
      : id === world.earlier
        ? 'earlier'
        : id === world.last
          ? 'last'
          : id?.replace(/session-\d+/, 'new')
  const events: string[] = []
  agent.on('connectionStateChanged', (status) => events.push(`connection ${status}`))
  agent.on('message', ({ text, status }) => events.push(`message ${text} ${status}`))
  agent.on('error', ({ code }) => events.push(`error ${code}`))
  agent.on('reconnecting', ({ attempt }) => events.push(`reconnecting ${attempt}`))
  agent.on('reconnected', () => events.push('reconnected'))
  agent.on('sessionCreated', ({ sessionId }) => events.push(`created ${name(sessionId)}`))
  agent.on('sessionRestored', ({ sessionId }) => events.push(`restored ${name(sessionId)}`))
  const before = { requests: transport.requests.length, sent: transport.sent.length }
  refreshToken.mockClear()

  // Then connect() waits for the call to recover, which takes a minute.
  const waits = command === commands['connect()'] && page.state().connection.status === 'reconnecting'
  view?.show(devTools, log)
  const answer = await answerOf((async () => command(world))(), waits ? 1_000 : undefined)
  await rest()
  view?.undo?.(devTools)
  page.present()
  await answerOf(page.voiceAgent.persistor.flush())
  await rest()
  const token = storage.tokens.read()
  return {
    answer,
    open: transport.open,
    requests: transport.requests.slice(before.requests).map(({ sessionId, token, resume, context }) => ({
      sessionId: name(sessionId),
      token: name(token.replace(/^token-\d+-of-/, '')),
      resume,
      context: context.map(({ text }) => text),
    })),
    sent: transport.sent.slice(before.sent).map((message) => ({ ...message, id: 'any' })),
    refreshed: refreshToken.mock.calls.map(([{ sessionId, token }]) => [name(sessionId), token !== null]),
    token: token && [name(token.persistedSessionId), name((await token.open()).sessionId)],
    stored: Object.fromEntries(
      (await storage.records.list()).map(({ id, messageCount }) => [name(id), messageCount]),
    ),
    events,
    controls: controlsOf(page),
  }
}

/** State that the media and composer commands change. */
function controlsOf({ state }: World['page']) {
  const { connection, conversation } = state()
  const { isMuted, talk, speakerId, microphoneId, volume } = connection
  return { isMuted, talk, speakerId, microphoneId, volume, draft: conversation.draft }
}

type Effects = Awaited<ReturnType<typeof effectsOf>>

/** Outcomes of a command: executed, or rejected because there is no call or nothing to act on. */
const answered = ['resolved', 'not-connected', 'too-late', 'invalid-option']

const bases: {
  when: string
  record: () => Promise<World>
  shown: (command: number) => View[]
  answers: string[]
}[] = [
  { when: 'during a call', record: () => recordCall(60), shown: viewsOf, answers: answered },
  {
    when: 'after a call',
    async record() {
      const world = await recordCall(60)
      await world.page.agent.disconnect()
      return world
    },
    shown: () => (triesAll ? views : chosenViews),
    answers: answered,
  },
  {
    when: 'while the connection is being restored',
    async record() {
      const world = await recordCall(60, 60_000)
      const lost = statusIs(world.page.agent, 'reconnecting')
      world.page.transport.emit({ type: 'connectionState', state: 'closed' })
      await lost
      return world
    },
    shown: () => chosenViews,
    // connect() waits for the reconnection.
    answers: [...answered, 'pending'],
  },
]

/** Lists the effects that differ from those in the present. */
function differences(view: View, { stored, controls, ...effects }: Effects, present: Effects): string[] {
  const wrong: string[] = []
  const check = (what: string, run: () => void) => {
    try {
      run()
    } catch (error) {
      wrong.push(`${view.name}, ${what}: ${(error as Error).message}`)
    }
  }
  const { stored: storedInPresent, controls: controlsInPresent, ...others } = present
  for (const key of Object.keys(others) as (keyof typeof others)[])
    check(key, () => expect(effects[key]).toEqual(others[key]))
  if (view.isUndone) {
    check('controls', () => expect(controls).toEqual(controlsInPresent))
    check('stored', () => expect(stored).toEqual(storedInPresent))
  } else {
    // Messages may be missing, because what is shown is no longer what was said. There are no extra ones.
    check('stored sessions', () =>
      expect(Object.keys(storedInPresent)).toEqual(expect.arrayContaining(Object.keys(stored))),
    )
    for (const [id, count] of Object.entries(stored))
      check(`stored messages of ${id}`, () => expect(count).toBeLessThanOrEqual(storedInPresent[id] ?? 0))
    for (const id of ['earlier', 'last'])
      check(`stored messages of ${id}`, () => expect(stored[id]).toBe(storedInPresent[id]))
  }
  return wrong
}

let strangersLog: Promise<Lifted> | undefined
const getStrangersLog = () => (strangersLog ??= recordStrangersLog())

describe.each(bases)(
  '$when: a command has the same effect as in the present',
  ({ record, shown, answers }) => {
    it.each(Object.entries(commands).map(([name, command], number) => ({ name, command, number })))(
      'whatever the monitor shows: $name',
      { timeout: 30_000 },
      async ({ command, number }) => {
        const log = await getStrangersLog()
        const run = async (view: View | null) => effectsOf(await record(), command, view, log)
        const present = await run(null)
        expect(answers).toContain(present.answer)
        const wrong = await Promise.all(
          shown(number).map(async (view) => differences(view, await run(view), present)),
        )
        expect(wrong.flat().join('\n')).toBe('')
      },
    )
  },
)

it('each public command is tried', () => {
  /** Members that only read, listen, create a file, or try a separate connection. */
  const others = [
    'constructor',
    ...['actions', 'selectors', 'store', 'draft', 'devices', 'audioLevel', 'component', 'on', 'once', 'off'],
    ...['getSessionStats', 'needsReconnection', 'exportSession', 'importSession', 'promptForSpeaker'],
    ...['getCurrentSession', 'listSessions', 'check', 'repair', 'storageUsage', 'openReadOnly', 'readTitles'],
    ...[
      'checkCall',
      'diagnose',
      'search',
      'requestPersistentStorage',
      'setTokenRefreshCallback',
      'setEventCallbacks',
    ],
  ]
  const { agent, sessionManager } = setUpTravel()
  const members = [agent, sessionManager].flatMap((each) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(each)),
  )
  const tried = Object.keys(commands).join(' ')
  expect(members.filter((name) => !others.includes(name) && !tried.includes(`${name}(`))).toEqual([])
})

describe('in a call of 500 actions, a command has the same effect as in the present', () => {
  const changing = /connect|Session|reset|eraseAll|sendText|lost|says/
  const tried = Object.keys(commands).filter((name) => triesAll || changing.test(name))

  it.each(tried)('%s', { timeout: 30_000 }, async (name) => {
    const command = commands[name] as Command
    const log = await getStrangersLog()
    const run = async (view: View | null) => {
      const world = await recordCall(500)
      expect(world.page.devTools.getState().stagedActionIds.length).toBeGreaterThanOrEqual(500)
      return effectsOf(world, command, view, log)
    }
    const present = await run(null)
    expect(answered).toContain(present.answer)
    for (const view of triesAll ? views : chosenViews)
      expect(differences(view, await run(view), present).join('\n')).toBe('')
  })
})

describe('while DevTools drops every action (lockChanges)', () => {
  const lock: View = {
    name: 'lockChanges',
    show: (devTools) => devTools.dispatch(lockChanges(true)),
    undo: (devTools) => devTools.dispatch(lockChanges(false)),
  }

  /** These end a call or a session, and must be possible at any time. */
  const endings = [
    'disconnect()',
    'disconnectRequested',
    'newSession()',
    'endSession()',
    'reset()',
    'dispose()',
  ]

  it.each(endings)('%s ends the call', async (name) => {
    const world = await recordCall(60)
    const effects = await effectsOf(world, commands[name] as Command, lock, await getStrangersLog())
    expect({ answer: effects.answer, open: effects.open }).toEqual({ answer: 'resolved', open: 0 })
  })

  // Excludes combined commands: the first may take effect although the second is rejected.
  const single = Object.keys(commands).filter((name) => !/[;,]/.test(name))

  it.each(single)('%s has its effect, or is rejected with a reason and has none', async (name) => {
    const command = commands[name] as Command
    const log = await getStrangersLog()
    const present = await effectsOf(await recordCall(60), command, null, log)
    expect(answered).toContain(present.answer)
    const idle = await effectsOf(await recordCall(60), () => {}, null, log)
    const locked = await effectsOf(await recordCall(60), command, lock, log)
    expect(locked.answer).not.toBe('pending')
    const outside = ({ open, requests, sent, refreshed, token }: Effects) => ({
      open,
      requests,
      sent,
      refreshed,
      token,
    })
    const isRefused = locked.answer !== present.answer
    expect(outside(locked)).toEqual(outside(isRefused ? idle : present))
    for (const [id, count] of Object.entries(locked.stored))
      expect(count, id).toBeLessThanOrEqual(Math.max(present.stored[id] ?? 0, idle.stored[id] ?? 0))
  })

  it('the call that is live afterwards can be ended', async () => {
    const { page } = await recordCall(60)
    page.devTools.dispatch(lockChanges(true))
    page.transport.emit({ type: 'connectionState', state: 'closed' })
    await rest()
    page.devTools.dispatch(lockChanges(false))
    await page.agent.disconnect()
    await rest()
    expect(page.transport.open).toBe(0)
    expect(await answerOf(page.agent.connect())).toBe('resolved')
    expect({ open: page.transport.open, status: page.state().connection.status }).toEqual({
      open: 1,
      status: 'connected',
    })
  })
})
