import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { PasskeyError, type PasskeyKeyProvider, type PasskeySetup } from 'redux-voice-agent/passkey'
import { type PasskeyFlow, type PasskeyPurpose, usePasskeyFlow } from 'redux-voice-agent/passkey/react'
import { expect, onTestFinished, test, vi } from 'vitest'

/** A setup whose steps succeed, until another tab is faster. */
function createSetup(first: PasskeySetup['step']) {
  const setup = {
    step: first,
    recoveryCode: 'CODE',
    create: vi.fn(async () => {}),
    evaluate: vi.fn(async () => {}),
    confirm: vi.fn(async () => {}),
    cancel: vi.fn(() => {
      setup.step = 'cancelled'
    }),
  }
  return setup
}

/** Shows the flow with a provider, and returns its current state. */
async function show(provider: Partial<PasskeyKeyProvider>, purpose: PasskeyPurpose) {
  const shown: { flow: PasskeyFlow | null } = { flow: null }
  const complete = { status: async () => ({ state: 'locked', passkeys: [] }), ...provider }
  function Flow() {
    shown.flow = usePasskeyFlow(complete as PasskeyKeyProvider, purpose)
    return null
  }
  const root = createRoot(document.createElement('div'))
  onTestFinished(() => root.unmount())
  await act(async () => root.render(<Flow />))
  const flow = () => shown.flow as PasskeyFlow
  const run = (command: (flow: PasskeyFlow) => void) => act(async () => command(flow()))
  return { flow, run }
}

test('a code that is confirmed after the flow was cancelled stores nothing, and begins again', async () => {
  const setup = createSetup('code')
  const { flow, run } = await show({ renewRecoveryCode: async () => setup as PasskeySetup }, 'renew')
  await run(({ next }) => next())
  await run(({ show: showView }) => showView('confirm'))
  await run(({ cancel }) => cancel())
  await run(({ submit }) => submit('CODE'))
  expect(setup.confirm).not.toHaveBeenCalled()
  expect(flow().view).toBe('renew')
})

test('a passkey that another tab added first is not reported as added, and the user can begin again', async () => {
  const setup = createSetup('create')
  setup.create.mockImplementation(async () => {
    setup.step = 'cancelled'
    throw new PasskeyError('passkey-changed')
  })
  const status = async () => ({ state: 'open' as const, passkeys: [] })
  const { flow, run } = await show({ addPasskey: async () => setup as PasskeySetup, status }, 'add')
  await run(({ next }) => next())
  expect(flow().view).toBe('create')
  await run(({ next }) => next())
  expect(flow().error).toBe('passkey-changed')
  await run(({ next }) => next())
  expect(flow()).toMatchObject({ view: 'add', error: null })
})

test('a code that another tab replaced first is not asked for again', async () => {
  const setup = createSetup('code')
  setup.confirm.mockImplementation(async () => {
    setup.step = 'cancelled'
    throw new PasskeyError('passkey-changed')
  })
  const { flow, run } = await show({ renewRecoveryCode: async () => setup as PasskeySetup }, 'renew')
  await run(({ next }) => next())
  await run(({ next }) => next())
  await run(({ submit }) => submit('CODE'))
  expect(flow()).toMatchObject({ view: 'confirm', error: 'passkey-changed' })
  await run(({ submit }) => submit('CODE'))
  expect(flow()).toMatchObject({ view: 'renew', error: null })
})
