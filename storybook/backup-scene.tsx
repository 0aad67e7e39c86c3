import type { Meta, StoryObj } from '@storybook/react-vite'
import { useState } from 'react'
import type { BackupErrorCode, BackupSession } from 'redux-voice-agent/backup'
import { BackupPanel } from 'redux-voice-agent/backup/react'
import { expect, waitFor } from 'storybook/test'
import { stopClock, storyTime } from './clock.js'
import { backupTextsOf } from './locales/backup.js'
import { type BackupScene, scriptedBackup } from './scripted-backup.js'

export interface Scene extends BackupScene {
  /** The browser has no network. */
  isOffline?: boolean
}

export const HOUR_MS = 60 * 60 * 1000
export const PASSPHRASE = 'orbit velvet lantern mosaic'

export const sessions: readonly BackupSession[] = [
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

/** Properties that all stories of the backup's panel share. */
export const backupMeta = {
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
} satisfies Meta<Scene>
export type Story = StoryObj<Scene>
export type Play = NonNullable<Story['play']>
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
export const press =
  (...names: ButtonText[]): Play =>
  async ({ canvas, userEvent, globals }) => {
    const texts = backupTextsOf(globals.locale)
    for (const name of names) await userEvent.click(await canvas.findByRole('button', { name: texts[name] }))
  }

export const titled =
  (name: 'title' | 'offTitle' | 'passphraseTitle' | 'codeTitle' | 'confirmTitle' | 'lockedTitle'): Play =>
  async ({ canvas, globals }) => {
    const texts = backupTextsOf(globals.locale)
    await expect(await canvas.findByRole('heading', { name: texts[name], level: 2 })).toBeVisible()
  }

export const alerted =
  (code: BackupErrorCode): Play =>
  async ({ canvas, globals }) => {
    const text = backupTextsOf(globals.locale).errors[code]
    await waitFor(() => expect(canvas.getByRole('alert')).toHaveTextContent(text))
  }

/** Waits for a text in the status of the panel. */
export const said =
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

export const typePassphrase =
  (passphrase: string, repeated = passphrase): Play =>
  async ({ canvas, userEvent, globals }) => {
    const texts = backupTextsOf(globals.locale)
    await userEvent.type(await canvas.findByLabelText(texts.passphrase), passphrase)
    await userEvent.type(canvas.getByLabelText(texts.repeatPassphrase), repeated)
  }

export const inOrder =
  (...plays: Play[]): Play =>
  async (context) => {
    for (const play of plays) await play(context)
  }
