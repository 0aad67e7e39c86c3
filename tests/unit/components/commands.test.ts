import type { WebRTCVoiceAgent } from 'redux-voice-agent'
import { expect, it } from 'vitest'
import { createCommands } from '../../../src/components/voice-agent/hooks/commands.js'

/** An agent whose methods all do this, with their name and arguments. */
const agentThat = (act: (name: string, args: unknown[]) => unknown) =>
  new Proxy({} as WebRTCVoiceAgent, {
    get:
      (_target, name) =>
      (...args: unknown[]) =>
        act(String(name), args),
  })

/** Commands whose argument, such as a click's event, is not for the agent. */
const isWithoutArgument = (name: string) =>
  /^(connect|disconnect|interrupt|startTalking|stopTalking|mute|unmute|resumePlayback|retryMicrophone|promptForSpeaker|retry|newSession|loadEarlierMessages)$/.test(
    name,
  )

const namesOf = (commands: object) => Object.keys(commands)

it('each command calls the method of its name, and passes on only the documented argument', () => {
  const called: unknown[][] = []
  const commands = createCommands(() => agentThat((name, args) => void called.push([name, ...args])))
  for (const command of Object.values(commands)) command('argument' as never)
  expect(called).toEqual(
    namesOf(commands).map((name) => (isWithoutArgument(name) ? [name] : [name, 'argument'])),
  )
})

it.each([
  [
    'throws',
    () => {
      throw new Error('refused')
    },
  ],
  ['rejects', () => Promise.reject(new Error('refused'))],
])('no command throws or rejects if its method %s', async (_how, act) => {
  const commands = createCommands(() => agentThat(act))
  for (const command of Object.values(commands)) expect(await command('argument' as never)).toBeUndefined()
})

it('without an agent, they do nothing', async () => {
  for (const command of Object.values(createCommands(() => null)))
    expect(await command('argument' as never)).toBeUndefined()
})
