import type { Meta } from '@storybook/react-vite'
import { expect } from 'storybook/test'
import {
  alerted,
  backupMeta,
  inOrder,
  PASSPHRASE,
  type Play,
  press,
  type Scene,
  type Story,
  said,
  sessions,
  titled,
  typePassphrase,
} from '../backup-scene.js'
import { backupTextsOf } from '../locales/backup.js'

const meta: Meta<Scene> = { ...backupMeta, title: 'Backup/Setup' }
export default meta

const toCode = inOrder(press('turnOn'), typePassphrase(PASSPHRASE), press('next'), titled('codeTitle'))

/** Types the shown code, and confirms it. */
const confirmCode =
  (change: (code: string) => string = (code) => code): Play =>
  async (context) => {
    const { canvas, canvasElement, userEvent, globals } = context
    const code = canvasElement.querySelector('[data-rva-part=recovery-code]')?.textContent ?? ''
    await press('codeKept')(context)
    await userEvent.type(
      await canvas.findByLabelText(backupTextsOf(globals.locale).recoveryCode),
      change(code),
    )
    await press('turnOn')(context)
  }

export const Loading: Story = {
  args: { hangs: { operation: 'exists' } },
  play: said(({ loading }) => loading),
}

export const Off: Story = { play: titled('offTitle') }

export const NotReached: Story = {
  args: { fails: { exists: 'backup-unreachable' } },
  play: alerted('backup-unreachable'),
}

export const Passphrase: Story = { play: inOrder(press('turnOn'), titled('passphraseTitle')) }

const formError =
  (textOf: (texts: ReturnType<typeof backupTextsOf>) => string): Play =>
  async ({ canvas, globals }) => {
    await expect(canvas.getByRole('alert')).toHaveTextContent(textOf(backupTextsOf(globals.locale)))
  }

export const PassphraseTooShort: Story = {
  play: inOrder(
    press('turnOn'),
    typePassphrase('short'),
    press('next'),
    formError(({ passphraseTooShort }) => passphraseTooShort(12)),
  ),
}

export const PassphrasesDiffer: Story = {
  play: inOrder(
    press('turnOn'),
    typePassphrase(PASSPHRASE, 'something else'),
    press('next'),
    formError(({ passphrasesDiffer }) => passphrasesDiffer),
  ),
}

export const PassphraseShown: Story = {
  play: inOrder(press('turnOn'), typePassphrase(PASSPHRASE), async ({ canvas, userEvent, globals }) => {
    const texts = backupTextsOf(globals.locale)
    await userEvent.click(canvas.getByLabelText(texts.showPassphrase))
    await expect(canvas.getByLabelText(texts.passphrase)).toHaveAttribute('type', 'text')
  }),
}

export const RecoveryCode: Story = { play: toCode }

export const TypeTheCode: Story = { play: inOrder(toCode, press('codeKept'), titled('confirmTitle')) }

export const CodeMistyped: Story = {
  play: inOrder(
    toCode,
    confirmCode((code) => code.slice(0, -1)),
    alerted('backup-code-mistyped'),
  ),
}

export const TurningOn: Story = {
  args: { hangs: { operation: 'create' } },
  play: inOrder(
    toCode,
    confirmCode(),
    said(({ turningOn }) => turningOn),
  ),
}

export const TurnedOn: Story = {
  args: { sessions: sessions.slice(0, 1) },
  play: inOrder(
    toCode,
    confirmCode(),
    said(({ turnedOn }) => turnedOn),
  ),
}

/** Another device made a backup while the user chose a passphrase. */
export const ExistsAlready: Story = {
  args: { fails: { create: 'backup-exists' } },
  play: inOrder(toCode, confirmCode(), titled('lockedTitle'), alerted('backup-exists')),
}

export const Unsupported: Story = {
  args: { fails: { create: 'backup-unsupported' } },
  play: inOrder(toCode, confirmCode(), alerted('backup-unsupported')),
}

export const Locked: Story = { args: { state: 'locked' }, play: titled('lockedTitle') }

export const LockedWithCode: Story = {
  args: { state: 'locked' },
  play: inOrder(press('useCode'), async ({ canvas, globals }) => {
    await expect(await canvas.findByLabelText(backupTextsOf(globals.locale).recoveryCode)).toBeVisible()
  }),
}

const typeAndUnlock: Play = async (context) => {
  const { canvas, userEvent, globals } = context
  await userEvent.type(await canvas.findByLabelText(backupTextsOf(globals.locale).passphrase), PASSPHRASE)
  await press('unlock')(context)
}

export const WrongPassphrase: Story = {
  args: { state: 'locked', fails: { unlock: 'backup-secret-wrong' } },
  play: inOrder(typeAndUnlock, alerted('backup-secret-wrong')),
}

export const Unlocking: Story = {
  args: { state: 'locked', hangs: { operation: 'unlock' } },
  play: inOrder(
    typeAndUnlock,
    said(({ unlocking }) => unlocking),
  ),
}

export const Unlocked: Story = {
  args: { state: 'locked', sessions: sessions.map((session) => ({ ...session, isHere: false })) },
  play: inOrder(
    typeAndUnlock,
    said(({ unlocked }) => unlocked),
  ),
}
