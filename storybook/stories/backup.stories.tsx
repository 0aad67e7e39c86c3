import type { Meta, StoryObj } from '@storybook/react-vite'
import { useState } from 'react'
import type { BackupErrorCode, BackupSession } from 'redux-voice-agent/backup'
import { BackupPanel } from 'redux-voice-agent/backup/react'
import { expect, waitFor } from 'storybook/test'
import { hostileTexts } from '../../tests/support/hostile-texts.js'
import { stopClock, storyTime } from '../clock.js'
import { backupTextsOf } from '../locales/backup.js'
import { type BackupScene, scriptedBackup } from '../scripted-backup.js'

interface Scene extends BackupScene {
  /** The browser has no network. */
  isOffline?: boolean
}

const HOUR_MS = 60 * 60 * 1000
const PASSPHRASE = 'orbit velvet lantern mosaic'

const sessions: readonly BackupSession[] = [
  {
    id: 'kitchen',
    title: 'A present for the kitchen',
    createdAt: storyTime - 3 * HOUR_MS,
    updatedAt: storyTime - 2 * HOUR_MS,
    messageCount: 12,
    isHere: true,
  },
  {
    id: 'copy',
    title: 'A present for the kitchen',
    createdAt: storyTime - 3 * HOUR_MS,
    updatedAt: storyTime - 2.5 * HOUR_MS,
    messageCount: 11,
    recoveredFrom: 'kitchen',
    isHere: false,
  },
  {
    id: 'untitled',
    createdAt: storyTime - 50 * HOUR_MS,
    updatedAt: storyTime - 49 * HOUR_MS,
    messageCount: 1,
    isHere: false,
  },
]

function Panel({ scene, locale, theme }: { scene: Scene; locale: unknown; theme: unknown }) {
  const [backup] = useState(() => scriptedBackup(scene))
  const [isAutomatic, setIsAutomatic] = useState(true)
  return (
    <BackupPanel
      backup={backup}
      texts={backupTextsOf(locale)}
      theme={theme === 'dark' ? 'dark' : 'light'}
      isAutomatic={isAutomatic}
      onAutomaticChange={setIsAutomatic}
    />
  )
}

const meta: Meta<Scene> = {
  title: 'Backup',
  parameters: { width: 520, height: 'auto' },
  // The same recovery code and dates in every run.
  beforeEach({ args }) {
    stopClock()
    const { getRandomValues } = crypto
    crypto.getRandomValues = ((bytes: Uint8Array) => bytes.fill(11)) as typeof getRandomValues
    if (args.isOffline) Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => false })
    return () => {
      crypto.getRandomValues = getRandomValues
      Reflect.deleteProperty(navigator, 'onLine')
    }
  },
  // A copy, because a scene changes with what the user does.
  render: (scene, { globals }) => (
    <Panel scene={{ ...scene }} locale={globals.locale} theme={globals.theme} />
  ),
}
export default meta
type Story = StoryObj<Scene>
type Play = NonNullable<Story['play']>
type ButtonText =
  | 'turnOn'
  | 'next'
  | 'codeKept'
  | 'unlock'
  | 'useCode'
  | 'syncNow'
  | 'restoreAll'
  | 'stop'
  | 'newDevice'

/** Presses buttons by the names of their texts, one after the other. */
const press =
  (...names: ButtonText[]): Play =>
  async ({ canvas, userEvent, globals }) => {
    const texts = backupTextsOf(globals.locale)
    for (const name of names) await userEvent.click(await canvas.findByRole('button', { name: texts[name] }))
  }

const titled =
  (name: 'title' | 'offTitle' | 'passphraseTitle' | 'codeTitle' | 'confirmTitle' | 'lockedTitle'): Play =>
  async ({ canvas, globals }) => {
    const texts = backupTextsOf(globals.locale)
    await expect(await canvas.findByRole('heading', { name: texts[name], level: 2 })).toBeVisible()
  }

const alerted =
  (code: BackupErrorCode): Play =>
  async ({ canvas, globals }) => {
    const text = backupTextsOf(globals.locale).errors[code]
    await waitFor(() => expect(canvas.getByRole('alert')).toHaveTextContent(text))
  }

/** Waits for a text in the status of the panel. */
const said =
  (textOf: (texts: ReturnType<typeof backupTextsOf>) => string): Play =>
  async ({ canvas, globals }) => {
    const text = textOf(backupTextsOf(globals.locale))
    await waitFor(() =>
      expect(
        canvas
          .getAllByRole('status')
          .map(({ textContent }) => textContent)
          .join(' '),
      ).toContain(text),
    )
  }

const typePassphrase =
  (passphrase: string, repeated = passphrase): Play =>
  async ({ canvas, userEvent, globals }) => {
    const texts = backupTextsOf(globals.locale)
    await userEvent.type(await canvas.findByLabelText(texts.passphrase), passphrase)
    await userEvent.type(canvas.getByLabelText(texts.repeatPassphrase), repeated)
  }

const inOrder =
  (...plays: Play[]): Play =>
  async (context) => {
    for (const play of plays) await play(context)
  }

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

const open = { state: 'open', sessions, syncedAt: storyTime - HOUR_MS } as const

const listed: Play = async ({ canvas }) => {
  await waitFor(() => expect(canvas.getAllByRole('listitem').length).toBeGreaterThan(0))
}

export const On: Story = { args: open, play: listed }

export const Empty: Story = { args: { state: 'open' }, play: titled('title') }

export const Syncing: Story = {
  args: { ...open, hangs: { operation: 'sync', done: 3, total: 12 } },
  play: inOrder(
    listed,
    press('syncNow'),
    said(({ syncing }) => syncing),
  ),
}

export const Synced: Story = {
  args: { ...open, syncs: { uploaded: ['kitchen'], deleted: ['gone'] } },
  play: inOrder(
    listed,
    press('syncNow'),
    said(({ synced }) => synced(1, 1)),
  ),
}

export const Restoring: Story = {
  args: { ...open, hangs: { operation: 'restore', done: 1, total: 3 } },
  play: inOrder(
    listed,
    press('restoreAll'),
    said(({ restoring }) => restoring),
  ),
}

export const Restored: Story = {
  args: { ...open, restores: { restored: ['copy'] } },
  play: inOrder(
    listed,
    press('restoreAll'),
    said(({ restored }) => restored(1, 0, 0)),
  ),
}

export const RestoredWithSkipped: Story = {
  args: {
    ...open,
    restores: {
      restored: ['copy'],
      updated: ['untitled'],
      copied: [{ id: 'x', from: 'untitled' }],
      skipped: [
        { id: 'kitchen', code: 'backup-session-open' },
        { id: 'unknown', code: 'session-unreadable' },
      ],
    },
  },
  play: inOrder(
    listed,
    press('restoreAll'),
    said(({ skipped }) => skipped(2)),
  ),
}

export const DeleteQuestion: Story = {
  args: open,
  play: inOrder(listed, async ({ canvas, userEvent, globals }) => {
    const texts = backupTextsOf(globals.locale)
    const [first] = await canvas.findAllByRole('button', {
      name: texts.deleteOne(sessions[0]?.title ?? ''),
    })
    if (first) await userEvent.click(first)
    await expect(canvas.getByRole('alertdialog', { name: texts.deleteTitle })).toBeVisible()
  }),
}

export const StopQuestion: Story = {
  args: open,
  play: inOrder(listed, press('stop'), async ({ canvas, globals }) => {
    const { stopTitle } = backupTextsOf(globals.locale)
    await expect(canvas.getByRole('alertdialog', { name: stopTitle })).toBeVisible()
  }),
}

export const Offline: Story = {
  args: { ...open, isOffline: true },
  play: inOrder(
    listed,
    said(({ offline }) => offline),
  ),
}

/** Presses *Sync now*, which fails. */
const syncFails = (code: BackupErrorCode): Story => ({
  args: { ...open, fails: { sync: code } },
  play: inOrder(listed, press('syncNow'), alerted(code)),
})

export const Unreachable: Story = syncFails('backup-unreachable')
export const RolledBack: Story = syncFails('backup-rolled-back')
export const Altered: Story = syncFails('backup-altered')
export const Incomplete: Story = syncFails('backup-incomplete')
export const Newer: Story = syncFails('backup-newer')

export const Forked: Story = {
  args: { ...open, fails: { sync: 'backup-forked' } },
  play: inOrder(listed, press('syncNow'), alerted('backup-forked'), async ({ canvas, globals }) => {
    const { newDevice } = backupTextsOf(globals.locale)
    await expect(canvas.getByRole('button', { name: newDevice })).toBeVisible()
  }),
}

export const ContinuedAsNewDevice: Story = {
  args: { ...open, fails: { sync: 'backup-forked' } },
  play: inOrder(
    listed,
    press('syncNow', 'newDevice'),
    said(({ newDeviceMade }) => newDeviceMade),
  ),
}

/** Markup, control characters and other directions in titles are text. */
export const HostileTitles: Story = {
  args: {
    ...open,
    sessions: hostileTexts
      .filter((text) => text.trim() !== '' && text.length < 500)
      .map((title, index) => ({
        id: String(index),
        title,
        createdAt: storyTime,
        updatedAt: storyTime,
        messageCount: index,
        isHere: index % 2 === 0,
      })),
  },
  play: async ({ canvas }) => {
    await canvas.findByText(/DROP TABLE/)
    await expect((globalThis as { hostile?: number }).hostile).toBeUndefined()
  },
}
