import type { Meta, StoryObj } from '@storybook/react-vite'
import {
  PasskeyError,
  type PasskeyErrorCode,
  type PasskeyKeyProvider,
  type PasskeySetup,
  type PasskeySetupStep,
} from 'redux-voice-agent/passkey'
import { PasskeyDialog, type PasskeyPurpose } from 'redux-voice-agent/passkey/react'
import { expect, waitFor } from 'storybook/test'
import { passkeyTextsOf } from '../locales/passkey.js'

const CODE = '7Q3M-XK2T-9V4H-0D8N-PZ5R-W6BC-1FGS'

interface Scene {
  state?: 'unset' | 'locked'
  purpose?: PasskeyPurpose
  /** Step after the passkey has been created. */
  after?: PasskeySetupStep
  fails?: PasskeyErrorCode
}

/** Asks for no real passkey, because a story has no authenticator. Tests use virtual ones. */
function scriptedProvider({ state = 'unset', after = 'code', fails }: Scene): PasskeyKeyProvider {
  const fail = () => {
    if (fails) throw new PasskeyError(fails)
  }
  function setupAt(first: PasskeySetupStep): PasskeySetup {
    let step = first
    return {
      get step() {
        return step
      },
      get recoveryCode() {
        return step === 'code' ? CODE : null
      },
      async create() {
        if (fails !== 'recovery-code-mistyped') fail()
        step = after
      },
      async evaluate() {
        step = 'code'
      },
      async confirm(typed) {
        if (typed !== CODE) throw new PasskeyError('recovery-code-mistyped')
        step = 'done'
      },
      cancel() {},
    }
  }
  const begin = async () => {
    fail()
    return setupAt('create')
  }
  const provide = () => Promise.reject(new PasskeyError('passkey-locked'))
  return Object.assign(provide, {
    status: async () => ({ state, passkeys: [] }),
    unlock: async () => fail(),
    setUp: async () => setupAt('create'),
    addPasskey: begin,
    recover: begin,
    renewRecoveryCode: async () => setupAt('code'),
    removePasskey: async () => {},
    lock: () => {},
    subscribe: () => () => {},
  })
}

const meta: Meta<Scene> = {
  title: 'Passkey',
  render: ({ purpose, ...scene }, { globals }) => (
    <PasskeyDialog
      keyProvider={scriptedProvider(scene)}
      {...(purpose ? { purpose } : {})}
      texts={passkeyTextsOf(globals.locale)}
      theme={globals.theme === 'dark' ? 'dark' : 'light'}
      onDone={() => {}}
      onClose={() => {}}
    />
  ),
}
export default meta
type Story = StoryObj<Scene>

/** Clicks buttons one after the other, by the keys of their texts. */
const click =
  (
    ...names: ('create' | 'usePasskey' | 'codeKept' | 'useCode' | 'unlock' | 'confirm')[]
  ): NonNullable<Story['play']> =>
  async ({ canvas, userEvent, globals }) => {
    for (const name of names)
      await userEvent.click(await canvas.findByRole('button', { name: passkeyTextsOf(globals.locale)[name] }))
  }

/** Clicks, types a code if there is a field, and waits for the error. */
const failing =
  (code: PasskeyErrorCode, ...names: Parameters<typeof click>): NonNullable<Story['play']> =>
  async (context) => {
    await click(...names)(context)
    const { canvas, globals } = context
    await waitFor(() =>
      expect(canvas.getByRole('alert')).toHaveTextContent(passkeyTextsOf(globals.locale).errors[code]),
    )
  }

/** Waits for a dialog with this title. */
const titled =
  (
    name: 'setUpTitle' | 'codeTitle' | 'evaluateTitle' | 'unlockTitle' | 'addTitle',
    before = click(),
  ): NonNullable<Story['play']> =>
  async (context) => {
    await before(context)
    await expect(
      await context.canvas.findByRole('dialog', { name: passkeyTextsOf(context.globals.locale)[name] }),
    ).toBeVisible()
  }

export const SetUp: Story = { play: titled('setUpTitle') }

export const WithoutPrf: Story = {
  args: { fails: 'passkey-no-prf' },
  play: failing('passkey-no-prf', 'create'),
}

export const Unsupported: Story = {
  args: { fails: 'passkey-unsupported' },
  play: failing('passkey-unsupported', 'create'),
}

export const OnceMore: Story = { args: { after: 'evaluate' }, play: titled('evaluateTitle', click('create')) }

export const RecoveryCode: Story = {
  play: async (context) => {
    await titled('codeTitle', click('create'))(context)
    await expect(context.canvas.getByText(CODE)).toBeVisible()
  },
}

export const CodeMistyped: Story = {
  play: failing('recovery-code-mistyped', 'create', 'codeKept', 'confirm'),
}

export const Locked: Story = { args: { state: 'locked' }, play: titled('unlockTitle') }

export const Cancelled: Story = {
  args: { state: 'locked', fails: 'passkey-cancelled' },
  play: failing('passkey-cancelled', 'usePasskey'),
}

export const WrongPasskey: Story = {
  args: { state: 'locked', fails: 'passkey-wrong' },
  play: failing('passkey-wrong', 'usePasskey'),
}

export const WrongCode: Story = {
  args: { state: 'locked', fails: 'recovery-code-wrong' },
  play: failing('recovery-code-wrong', 'useCode', 'unlock'),
}

export const Recovered: Story = {
  args: { state: 'locked' },
  play: titled('addTitle', click('useCode', 'unlock')),
}

export const AlreadyAdded: Story = {
  args: { purpose: 'add', fails: 'passkey-exists' },
  play: failing('passkey-exists', 'usePasskey'),
}

export const NewCode: Story = { args: { purpose: 'renew' }, play: titled('codeTitle', click('usePasskey')) }
