import type { Meta } from '@storybook/react-vite'
import type { BackupErrorCode } from 'redux-voice-agent/backup'
import { expect, waitFor } from 'storybook/test'
import { hostileTexts } from '../../tests/support/hostile-texts.js'
import {
  alerted,
  backupMeta,
  HOUR_MS,
  inOrder,
  type Play,
  press,
  type Scene,
  type Story,
  said,
  sessions,
  titled,
} from '../backup-scene.js'
import { storyTime } from '../clock.js'
import { backupTextsOf } from '../locales/backup.js'

const meta: Meta<Scene> = { ...backupMeta, title: 'Backup/Panel' }
export default meta

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
