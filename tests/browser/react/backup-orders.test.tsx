import { type Backup, createBackup } from 'redux-voice-agent/backup'
import { type BackupFlow, type BackupView, useBackup } from 'redux-voice-agent/backup/react'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { backupTextsOf } from '../../../storybook/locales/backup.js'
import { type BackupScene, scriptedBackup } from '../../../storybook/scripted-backup.js'
import { objectStoreDouble } from '../backup/object-store-double.js'
import { openTab, openTalkingTab } from '../storage/voice-app.js'
import {
  chooseAndRead,
  field,
  heading,
  named,
  open,
  panel,
  passphrase,
  press,
  session,
  show,
  status,
  texts,
  withFewRounds,
} from './backup-support.js'
import { find, recordConsole, render } from './support.js'

let logged: unknown[][] = []
beforeEach(() => {
  logged = recordConsole()
})
afterEach(() => expect(logged).toEqual([]))

const alert = () => page.getByRole('alert')
/** Holds a method's calls back until the returned function is called. */
function hold<Name extends 'status' | 'exists' | 'syncedAt' | 'list' | Operation>(
  backup: Backup,
  name: Name,
): () => void {
  let release = () => {}
  const isReleased = new Promise<void>((resolve) => {
    release = resolve
  })
  const method = backup[name] as (...args: unknown[]) => Promise<unknown>
  backup[name] = (async (...args: unknown[]) => {
    await isReleased
    return method(...args)
  }) as Backup[Name]
  return release
}
type Operation = 'create' | 'unlock' | 'sync' | 'restore' | 'deleteSession' | 'startNewDevice' | 'forget'

test('syncs with Try again if the backup was made and its first sync failed', async () => {
  const scene: BackupScene = { fails: { sync: 'backup-unreachable' } }
  const backup = scriptedBackup(scene)
  const { container } = show(backup)
  await userEvent.fill(field(texts.recoveryCode), await chooseAndRead(container))
  await press(texts.turnOn)
  await expect.element(heading(texts.title)).toBeVisible()
  await expect.element(alert()).toHaveTextContent(texts.errors['backup-unreachable'])
  scene.fails = {}
  await press(texts.tryAgain)
  await vi.waitFor(() => expect(status(container)).toBe(texts.turnedOn))
  expect(backup.calls).toEqual(['create', 'sync', 'sync'])
})

test('does not become yet another device if only the sync after it failed', async () => {
  const scene: BackupScene = { ...open, fails: { sync: 'backup-forked' } }
  const backup = scriptedBackup(scene)
  const { startNewDevice } = backup
  backup.startNewDevice = async () => {
    await startNewDevice()
    scene.fails = { sync: 'backup-unreachable' }
  }
  const { container } = show(backup)
  await press(texts.syncNow)
  await press(texts.newDevice)
  await expect.element(alert()).toHaveTextContent(texts.errors['backup-unreachable'])
  scene.fails = {}
  await press(texts.tryAgain)
  await vi.waitFor(() => expect(status(container)).toBe(texts.newDeviceMade))
  expect(backup.calls).toEqual(['sync', 'startNewDevice', 'sync', 'sync'])
})

test('stays on if the backup is opened elsewhere while the panel still looks for one', async () => {
  const backup = scriptedBackup({ ...open, state: 'locked' })
  const release = hold(backup, 'exists')
  const exists = vi.spyOn(backup, 'exists')
  const { container } = show(backup)
  await vi.waitFor(() => expect(exists).toHaveBeenCalled())
  await backup.unlock({ passphrase })
  await expect.element(heading(texts.title)).toBeVisible()
  release()
  await vi.waitFor(() => expect(named(texts.syncNow).element().getAttribute('aria-disabled')).toBeNull())
  expect((await find(container, '[data-rva-part=backup]')).dataset.view).toBe('on')
})

test('drops the secrets of an unfinished backup when another panel has made one', async () => {
  const backup = scriptedBackup({ sessions: [session] })
  let flow = {} as BackupFlow
  function Probe() {
    flow = useBackup(backup)
    return <p>{flow.view}</p>
  }
  const { container } = render(<Probe />)
  const shows = (view: BackupView) => vi.waitFor(() => expect(container.textContent).toBe(view))
  await shows('off')
  flow.choose(passphrase)
  await shows('code')
  const { confirm, recoveryCode } = flow
  await backup.create([{ passphrase: 'of the other panel' }])
  await shows('on')
  confirm(recoveryCode ?? '')
  flow.sync()
  await vi.waitFor(() => expect(flow.outcome?.kind).toBe('synced'))
  expect(backup.calls).toEqual(['create', 'sync'])
})

test('takes an error away with the secret that it is about, and keeps the secret while it is tried', async () => {
  const scene: BackupScene = { state: 'locked', fails: { unlock: 'backup-secret-wrong' } }
  const backup = scriptedBackup(scene)
  const { container } = show(backup)
  await userEvent.fill(field(texts.passphrase), 'a guess')
  const release = hold(backup, 'unlock')
  await press(texts.unlock)
  await press(texts.useCode)
  await expect.element(field(texts.passphrase)).toHaveValue('a guess')
  release()
  await expect.element(alert()).toHaveTextContent(texts.errors['backup-secret-wrong'])
  await expect.element(field(texts.passphrase)).toHaveAttribute('aria-invalid', 'true')
  await press(texts.useCode)
  await expect.element(field(texts.recoveryCode)).not.toHaveAttribute('aria-invalid')
  expect(container.querySelector('[role=alert]')?.textContent).toBe('')
  await userEvent.fill(field(texts.recoveryCode), 'another guess')
  await press(texts.unlock)
  await expect.element(alert()).toHaveTextContent(texts.errors['backup-secret-wrong'])
})

const starts: [Operation | 'status' | 'exists' | 'syncedAt' | 'list', BackupScene, () => Promise<void>][] = [
  ['status', open, async () => {}],
  ['exists', { state: 'locked' }, async () => {}],
  ['syncedAt', open, async () => {}],
  ['list', open, async () => {}],
  ['sync', open, () => press(texts.syncNow)],
  ['restore', open, () => press(texts.restoreAll)],
  [
    'unlock',
    { state: 'locked' },
    async () => {
      await userEvent.fill(field(texts.passphrase), passphrase)
      await press(texts.unlock)
    },
  ],
  [
    'deleteSession',
    open,
    async () => {
      await press(texts.deleteOne('A kettle'))
      await press(texts.delete)
    },
  ],
  [
    'forget',
    open,
    async () => {
      await press(texts.stop)
      await userEvent.click(page.getByRole('alertdialog').getByRole('button', { name: texts.stop }))
    },
  ],
]

test.each(starts)('may be removed while %s runs, whether it works or not', async (name, scene, start) => {
  for (const code of [null, 'backup-unreachable'] as const) {
    const backup = scriptedBackup({ ...scene, ...(code ? { fails: { [name]: code } } : {}) })
    const release = hold(backup, name)
    const shown = show(backup)
    await find(shown.container, '[data-rva-part=backup]')
    await start()
    shown.unmount()
    release()
    // The next panel finds the backup as it is now.
    const next = show(backup)
    await vi.waitFor(() =>
      expect(next.container.querySelector('[data-view]:not([data-view=loading])')).not.toBeNull(),
    )
    expect(status(next.container)).toBe('')
    next.unmount()
  }
})

test('runs each command once if its button is clicked twice', async () => {
  const twice = (name: string) => userEvent.dblClick(named(name))
  const backup = scriptedBackup({ sessions: [session] })
  const { container } = show(backup)
  await userEvent.fill(field(texts.recoveryCode), await chooseAndRead(container))
  await twice(texts.turnOn)
  await vi.waitFor(() => expect(status(container)).toBe(texts.turnedOn))
  // A double click is two clicks before the first command ends.
  for (const [name, method] of [
    [texts.syncNow, 'sync'],
    [texts.restoreAll, 'restore'],
    [texts.restoreOne('A kettle'), 'restore'],
  ] as const) {
    const release = hold(backup, method)
    await twice(name)
    release()
    await expect.element(named(name)).not.toHaveAttribute('aria-disabled')
  }
  await twice(texts.deleteOne('A kettle'))
  await expect.element(page.getByRole('alertdialog', { name: texts.deleteTitle })).toBeVisible()
  await twice(texts.delete)
  await vi.waitFor(() => expect(status(container)).toBe(texts.deleted))
  await twice(texts.stop)
  await userEvent.dblClick(page.getByRole('alertdialog').getByRole('button', { name: texts.stop }))
  await expect.element(heading(texts.lockedTitle)).toBeVisible()
  await userEvent.fill(field(texts.passphrase), passphrase)
  await twice(texts.unlock)
  await vi.waitFor(() => expect(status(container)).toBe(texts.unlocked))
  const commands = ['create', 'sync', 'sync', 'restore', 'restore', 'deleteSession', 'forget', 'unlock']
  expect(backup.calls).toEqual(commands)
})

test('closes its dialog if the backup is locked meanwhile, and moves the focus into the panel', async () => {
  const scene: BackupScene = { ...open, fails: { sync: 'backup-locked' } }
  const backup = scriptedBackup(scene)
  show(backup)
  await press(texts.deleteOne('A kettle'))
  await expect.element(named(texts.cancel)).toHaveFocus()
  await backup.sync().catch(() => {})
  await expect.element(heading(texts.lockedTitle)).toBeVisible()
  await expect.element(field(texts.passphrase)).toHaveFocus()
  await userEvent.fill(field(texts.passphrase), passphrase)
  await press(texts.unlock)
  await expect.element(named(texts.syncNow)).toBeVisible()
  expect(document.querySelector('dialog')).toBeNull()
  expect(backup.calls).not.toContain('deleteSession')
})

test('changes its language in the middle of a request, and keeps what the user typed', async () => {
  const scene: BackupScene = { state: 'locked', fails: { unlock: 'backup-secret-wrong' } }
  const backup = scriptedBackup(scene)
  const release = hold(backup, 'unlock')
  const { container, render: again } = show(backup)
  await userEvent.fill(field(texts.passphrase), 'a guess')
  await press(texts.unlock)
  const german = { ...texts, ...backupTextsOf('de') }
  again(panel(backup, { texts: german }))
  await expect.element(field(german.passphrase)).toHaveValue('a guess')
  release()
  await expect.element(alert()).toHaveTextContent(german.errors['backup-secret-wrong'])
  again(panel(backup))
  await expect.element(alert()).toHaveTextContent(texts.errors['backup-secret-wrong'])
  expect((await find(container, '[data-rva-part=backup]')).getAttribute('lang')).toBeNull()
})

test('ignores the answers of an earlier backup, and shows nothing of it', async () => {
  const first = scriptedBackup({ ...open })
  const release = hold(first, 'restore')
  const { container, render: again } = show(first)
  await press(texts.restoreAll)
  const second = scriptedBackup({ ...open, sessions: [], syncedAt: null })
  const releaseSecond = hold(second, 'syncedAt')
  again(panel(second))
  await vi.waitFor(() => expect(container.textContent).toContain(texts.notSynced))
  release()
  releaseSecond()
  await vi.waitFor(() => expect(container.textContent).toContain(texts.conversationCount(0)))
  expect(status(container)).toBe('')
})

async function openReal(store = objectStoreDouble().store) {
  withFewRounds()
  const tab = await openTalkingTab({ databaseName: `orders-${crypto.randomUUID()}` }, 'a secret word')
  const backup = createBackup({ objects: store, databaseName: tab.databaseName })
  onTestFinished(() => backup.close())
  await backup.create([{ passphrase }])
  await backup.sync()
  return { tab, backup }
}

test('is locked after another tab signed out and erased everything, and opens again with the passphrase', async () => {
  const { tab, backup } = await openReal()
  const { container } = show(backup)
  await press(texts.stop)
  await expect.element(named(texts.cancel)).toHaveFocus()
  await tab.voiceAgent.dispose()
  const other = openTab({ databaseName: tab.databaseName })
  await other.sessionManager.initialize()
  await other.sessionManager.eraseAll()
  await userEvent.keyboard('{Escape}')
  await press(texts.syncNow)
  await expect.element(heading(texts.lockedTitle)).toBeVisible()
  await userEvent.fill(field(texts.passphrase), passphrase)
  await press(texts.unlock)
  await vi.waitFor(() => expect(status(container)).toBe(texts.unlocked))
  await press(texts.restoreAll)
  await vi.waitFor(() => expect(status(container)).toBe(texts.restored(1, 0, 0)))
})

test('says so if the app closes the backup beneath a running sync, which then requests nothing', async () => {
  const { store } = objectStoreDouble()
  const requests: string[] = []
  let release = () => {}
  let isHeld: Promise<void> | null = null
  const { backup } = await openReal({
    ...store,
    async list(prefix) {
      requests.push(prefix)
      await isHeld
      return store.list(prefix)
    },
    async get(name) {
      requests.push(name)
      return store.get(name)
    },
  })
  const { container } = show(backup)
  await expect.element(page.getByRole('listitem')).toBeVisible()
  isHeld = new Promise((resolve) => {
    release = resolve
  })
  requests.length = 0
  await press(texts.syncNow)
  await vi.waitFor(() => expect(requests).toHaveLength(1))
  await backup.close()
  release()
  await expect.element(alert()).toHaveTextContent(texts.storageFailed)
  expect(requests).toHaveLength(1)
  expect(container.textContent).not.toContain(texts.syncing)
})
