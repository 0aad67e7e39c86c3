import type { ReportedEvent } from '../../../../../middleware/drivers/call/ports.js'
import type { RuleId } from './rules.js'
import {
  connected,
  context,
  malformed,
  protocolErrors,
  refused,
  requireAnswer,
  textOf,
  turnsOf,
} from './steps.js'
import type { TransportUnderTest } from './subject.js'
import { check, inWorld, rest, SECRET, settled, until, type World } from './world.js'

/** Cancels a connection at the given step. Returns false if it was established before that step. */
async function cancelAt(world: World, step: number, how: 'abort' | 'close') {
  const trial = world.begin()
  const cancel = () => {
    world.isCancelled = true
    if (how === 'abort') trial.abort.abort(new Error('The call has ended.'))
    else trial.connection.close()
  }
  world.onStep = (now) => {
    if (now === step) cancel()
  }
  const rule = `\`connect\` must reject when its signal aborts or the transport is closed (${how}, step ${step}).`
  const outcome = await settled(trial.connect(), rule)
  if (!world.isCancelled) return false
  // The last step may come after the connection is established.
  const gateBefore = trial.contextAtGate !== null
  if (outcome.status === 'fulfilled') check(gateBefore, rule)
  trial.connection.close()
  const { length } = trial.events
  await world.requireNothingLeft()
  check(
    trial.contextAtGate === null || outcome.status === 'fulfilled',
    `The microphone must stay closed (${how}, step ${step}).`,
  )
  check(trial.events.length === length, 'A closed transport must emit nothing.')
  return true
}

const runs: Record<
  Exclude<RuleId, 'cancel'>,
  (world: World, subject: TransportUnderTest) => Promise<void>
> = {
  async connect(world) {
    const trial = await connected(world)
    check(trial.contextAtGate !== null, 'The microphone must be open when `connect` has resolved.')
    const isAuthorized = ({ headers }: Request) => headers.get('Authorization')?.includes(SECRET)
    check(
      world.requests.some(isAuthorized) || world.requests.length === 0,
      'The token must be sent as `Authorization`.',
    )
    check(!world.requests.some(({ url }) => url.includes(SECRET)), 'The token must not be in a URL.')
    check(trial.end === null, 'The connection must stay open.')
  },
  async text(world) {
    const trial = await connected(world)
    check(
      trial.connection.send({ type: 'text', id: 't1', text: 'Two cups.' }) !== false,
      '`send` must send a text while connected.',
    )
    await until(() => world.provider.texts.length > 0, 'The agent must receive a typed text.')
    await rest()
    check(
      world.provider.texts.join() === 'Two cups.',
      `The agent must receive a text once; it got ${JSON.stringify(world.provider.texts)}.`,
    )
    for (const message of [
      { type: 'interrupt' },
      { type: 'client-message', name: 'cart', data: { items: 2 } },
      { type: 'tool-answer', toolCallId: 'c1', name: 'add', arguments: {}, answer: { result: null } },
      { type: 'tool-approval', toolCallId: 'c1', isApproved: true },
    ] as const)
      trial.connection.send(message)
  },
  async refuse(world) {
    const first = await connected(world)
    first.connection.close()
    // A transport without requests, such as one over a provider's library, is refused in its own way.
    if (world.requests.length === 0) return
    const answer = (status: number, body = '{}') => {
      world.intercept = ({ method }) => (method === 'DELETE' ? null : new Response(body, { status }))
    }
    answer(401)
    const unauthorized = await refused(world, '`connect` must reject when the server returns 401.')
    check(
      unauthorized.code === 'unauthorized',
      `401 must be \`unauthorized\`; it is \`${unauthorized.code}\`.`,
    )
    answer(403)
    const forbidden = await refused(world, '`connect` must reject when the server returns 403.')
    check(!forbidden.recoverable, '403 must not be retried: use a code that is not recoverable.')
    answer(503)
    const unavailable = await refused(world, '`connect` must reject when the server returns 503.')
    check(unavailable.recoverable, '503 may be retried: use a recoverable code.')
    answer(200, '<html>Sign in</html>')
    await refused(world, '`connect` must reject when the response is not an answer.')
    world.intercept = () => Promise.reject(new TypeError('Failed to fetch'))
    const offline = await refused(world, '`connect` must reject when the server cannot be reached.')
    check(offline.recoverable, 'An unreachable server may be retried: use a recoverable code.')
    await world.requireNothingLeft()
  },
  async stream(world) {
    const trial = await connected(world)
    const first = await requireAnswer(world, trial, ['Good ', 'day. ', 'Tea?'])
    const second = await requireAnswer(world, trial, ['Or ', 'coffee?'])
    check(first !== second, 'Each answer must have its own `turnId`.')
    const { userSays } = world.provider
    if (!userSays) return
    await trial.say(userSays.call(world.provider, 'Tea, please.'))
    const isHeard = (event: ReportedEvent) =>
      event.type === 'userTranscriptReceived' && event.final && event.text === 'Tea, please.'
    await until(
      () => trial.events.some(isHeard),
      "The user's words must be emitted as a final `userTranscriptReceived`.",
    )
  },
  async interrupt(world) {
    const trial = await connected(world)
    const messages = world.provider.answer(['Once ', 'upon ', 'a time'])
    await trial.say(messages.slice(0, 3))
    trial.connection.send({ type: 'interrupt' })
    await rest()
    await trial.say(world.provider.interrupted?.() ?? [])
    const ends = () => turnsOf(trial.events).filter(({ type }) => type === 'assistantTurnInterrupted')
    await until(() => ends().length > 0, 'An interrupted answer must end with `assistantTurnInterrupted`.')
    check(ends().length === 1, 'A turn must end once.')
    check(
      !trial.events.some(({ type }) => type === 'assistantTurnCompleted'),
      'An interrupted turn must not be completed.',
    )
    check(textOf(trial.events) !== '', 'An interruption must keep the text that had arrived.')
  },
  async lose(world) {
    const trial = await connected(world)
    const peer = world.resources.peers.at(-1)
    if (!peer) return
    peer.drop()
    const outcome = await settled(
      (async () => trial.connection.send({ type: 'text', id: 't1', text: 'Lost?' }))(),
      '`send` must return.',
    )
    const isSent = outcome.status === 'fulfilled' && outcome.value
    check(
      !isSent || !world.provider.onMessage,
      '`send` must return false or throw while the channel is closed.',
    )
    check(world.provider.texts.length === 0, 'A text that `send` did not send must not arrive.')
    trial.connection.close()
    await world.requireNothingLeft()
    const again = await connected(world, { resume: true })
    check(again.end === null, 'A new connection must work after a lost one.')
  },
  async resume(world, { resume = 'resumed' }) {
    const first = await connected(world, { context: [] })
    first.connection.close()
    await rest()
    const { agent } = await connected(world, { resume: true, context: [...context] })
    check(
      agent === resume,
      `\`connect\` must resolve to '${resume}' for a session that the provider still has; it resolved to '${agent}'.`,
    )
  },
  async reseed(world, { reseed = 'reseeded' }) {
    const trial = await connected(world, { resume: true, context: [...context] })
    check(
      trial.agent === reseed,
      `\`connect\` must resolve to '${reseed}' for a session that the provider lost; it resolved to '${trial.agent}'.`,
    )
    if (reseed !== 'reseeded') return
    const given = JSON.stringify(trial.contextAtGate)
    const expected = JSON.stringify(context.map(({ role, text }) => ({ role, text })))
    check(given === expected, `The agent must have the context before the microphone opens; it has ${given}.`)
  },
  async move(world) {
    const trial = await connected(world)
    await trial.say(world.provider.moved?.() ?? [])
    await until(
      () => trial.end !== null,
      "A session that moved must be reported: `agentLeft` with `reason: 'moved'`.",
    )
    const isMoved = trial.end?.by === 'loss' && trial.end.error.code === 'call-moved'
    check(
      isMoved,
      "A session that moved must be reported with `reason: 'moved'`, or the call keeps reconnecting.",
    )
  },
  async mute(world) {
    const trial = await connected(world)
    check(
      world.microphone.userMedia === 0,
      'Take the microphone from the host (`openPeer` or `openMicrophone`): `getUserMedia` cannot be muted.',
    )
    const [track] = world.microphone.tracks
    check(track, 'There must be a track.')
    track.enabled = false
    trial.connection.send({ type: 'interrupt' })
    await trial.say(world.provider.answer(['Yes.']))
    check(!track.enabled, 'A track that the package muted must stay muted.')
    trial.connection.close()
  },
  async devices(world) {
    const trial = await connected(world)
    const sent = () => world.provider.sentTrack?.()
    const [first] = world.microphone.tracks
    await until(() => sent() === first, 'The track from `openMicrophone` must be sent unchanged.')
    const second = { ...first, enabled: true, misuse: [] } as (typeof world.microphone.tracks)[number]
    world.microphone.switchTo(second)
    await until(() => sent() === second, 'A track passed to `onTrack` must replace the previous one.')
    world.microphone.switchTo(null)
    await until(() => sent() === null || sent() === undefined, 'After `onTrack(null)` nothing may be sent.')
    trial.connection.close()
  },
  async close(world) {
    world.begin().connection.close()
    const trial = await connected(world)
    trial.connection.endOnPurpose()
    trial.connection.close()
    trial.connection.close()
    const { length } = trial.events
    const peer = world.resources.peers.at(-1)
    for (const message of world.provider.answer(['Too ', 'late.'])) peer?.receive(message)
    await rest()
    check(trial.events.length === length, 'A closed transport must emit nothing.')
    check(
      world.warned.length === 0,
      `\`close\` and \`endOnPurpose\` must not throw; got ${String(world.warned[0])}.`,
    )
    await world.requireNothingLeft()
  },
  async leaks(world) {
    for (let count = 0; count < 5; count++) {
      const trial = await connected(world, { resume: count > 0 })
      const messages = world.provider.answer(['Yes, ', 'we ', 'do.'])
      // Also closes in the middle of an answer.
      await trial.say(messages.slice(0, count))
      trial.connection.close()
      await world.requireNothingLeft()
    }
  },
  async malformed(world) {
    const trial = await connected(world)
    const messages = [...world.provider.answer(['a', 'b']), ...(world.provider.userSays?.('c') ?? [])]
    trial.receive('{"type":')
    await rest()
    check(
      protocolErrors(trial.events) > 0,
      'An unreadable message must be counted: emit `protocolError`, or throw in `onMessage`.',
    )
    for (const text of malformed(messages)) trial.receive(text)
    await rest()
    check(trial.end === null, 'An unreadable message must not end the connection.')
    await requireAnswer(world, trial, ['Still ', 'here.'])
  },
}

/** Cancels at each step, each in a new world, until the connection is established before that step. */
async function cancelEverywhere(
  inOwnWorld: (run: (world: World) => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const how of ['abort', 'close'] as const) {
    let isCancelled = true
    for (let step = 0; isCancelled; step++) {
      await inOwnWorld(async (world) => {
        isCancelled = await cancelAt(world, step, how)
      })
      check(step < 200, 'A connection must be established after at most 200 steps.')
    }
  }
}

/** Runs the case of one rule. */
export function runRule(id: RuleId, subject: TransportUnderTest): Promise<void> {
  if (id === 'cancel') return cancelEverywhere((run) => inWorld(subject, run))
  return inWorld(subject, (world) => runs[id](world, subject))
}
