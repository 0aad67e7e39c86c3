import { type Backup, createBackup, createRecoveryCode } from 'redux-voice-agent/backup'
import { expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { adoptSheet } from '../../../src/components/voice-agent/parts/Styles.js'
import { styles } from '../../../src/components/voice-agent/styles/index.js'
import { backupTextsOf } from '../../../storybook/locales/backup.js'
import { type BackupScene, scriptedBackup } from '../../../storybook/scripted-backup.js'
import { hostileTexts } from '../../support/hostile-texts.js'
import { objectStoreDouble } from '../backup/object-store-double.js'
import { openTab, openTalkingTab } from '../storage/voice-app.js'
import {
  chooseAndRead,
  field,
  heading,
  named,
  open,
  passphrase,
  press,
  session,
  show,
  status,
  texts,
  withFewRounds,
} from './backup-support.js'
import { find, recordConsole } from './support.js'

const newName = () => `panel-${crypto.randomUUID()}`

function openBackup(...args: Parameters<typeof createBackup>): Backup {
  const backup = createBackup(...args)
  onTestFinished(() => backup.close())
  return backup
}

test('turns a backup on only after the code is typed back, opens it elsewhere with the code, and restores', async () => {
  withFewRounds()
  const logged = recordConsole()
  const { store, objects } = objectStoreDouble()
  const first = await openTalkingTab({ databaseName: newName() }, 'a secret word')
  const one = show(openBackup({ objects: store, databaseName: first.databaseName }))
  await expect.element(heading(texts.offTitle)).toBeVisible()
  const code = await chooseAndRead(one.container)
  expect(one.container.textContent).not.toContain(code)
  await userEvent.fill(field(texts.recoveryCode), createRecoveryCode())
  await press(texts.turnOn)
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.errors['backup-code-mistyped'])
  // Nothing exists before the right code is typed.
  expect(objects.size).toBe(0)
  await userEvent.fill(field(texts.recoveryCode), code.toLowerCase())
  await press(texts.turnOn)
  await vi.waitFor(() => expect(status(one.container)).toBe(texts.turnedOn))
  await expect.element(page.getByRole('listitem')).toHaveTextContent(texts.here)
  one.unmount()

  const databaseName = newName()
  const { container } = show(openBackup({ objects: store, databaseName }))
  await expect.element(heading(texts.lockedTitle)).toBeVisible()
  await userEvent.fill(field(texts.passphrase), 'a guess')
  await press(texts.unlock)
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.errors['backup-secret-wrong'])
  await press(texts.useCode)
  await userEvent.fill(field(texts.recoveryCode), code)
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByRole('listitem')).toHaveTextContent(texts.notHere)
  await press(texts.restoreAll)
  await vi.waitFor(() => expect(status(container)).toBe(texts.restored(1, 0, 0)))
  await expect.element(page.getByRole('listitem')).toHaveTextContent(texts.here)
  const second = openTab({ databaseName })
  await second.sessionManager.initialize()
  expect(await second.sessionManager.restoreSession(first.id)).toBeTruthy()
  expect(second.texts()).toEqual(['a secret word'])

  // It is open here now, so it can't be deleted. The panel names it, and says so.
  await userEvent.click(page.getByRole('button', { name: /^Delete: / }))
  await press(texts.delete)
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.errors['backup-session-open'])
  await second.sessionManager.endSession?.()
  await second.voiceAgent.dispose()
  await press(texts.tryAgain)
  await vi.waitFor(() => expect(status(container)).toBe(texts.deleted))
  expect([...objects.keys()].filter((name) => name.startsWith('object/'))).toEqual([])
  expect(logged).toEqual([])
})

test('stores neither the passphrase nor the code', async () => {
  withFewRounds()
  const { store, objects } = objectStoreDouble()
  const databaseName = newName()
  const writes: unknown[] = []
  const put = vi.spyOn(IDBObjectStore.prototype, 'put')
  onTestFinished(() => put.mockRestore())
  const { container } = show(openBackup({ objects: store, databaseName }))
  const code = await chooseAndRead(container)
  await userEvent.fill(field(texts.recoveryCode), code)
  await press(texts.turnOn)
  await vi.waitFor(() => expect(status(container)).toBe(texts.turnedOn))
  writes.push(...put.mock.calls.map(([value]) => value))
  expect(writes.length).toBeGreaterThan(0)
  const stored = [
    JSON.stringify(writes),
    JSON.stringify(Object.entries(localStorage)),
    JSON.stringify(Object.entries(sessionStorage)),
    JSON.stringify(history.state),
    location.href,
    document.cookie,
    container.innerHTML,
    ...[...objects].flatMap(([name, bytes]) => [name, new TextDecoder().decode(bytes)]),
  ].join('\n')
  for (const secret of [passphrase, code, code.replaceAll('-', '')]) expect(stored).not.toContain(secret)
})

test('checks the length of a passphrase and its repetition, and shows both on request', async () => {
  show(scriptedBackup({}), { minPassphraseLength: 8 })
  await press(texts.turnOn)
  // Seven characters for the user, and fourteen units.
  await userEvent.fill(field(texts.passphrase), '🔑'.repeat(7))
  await press(texts.next)
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.passphraseTooShort(8))
  await expect.element(field(texts.passphrase)).toHaveFocus()
  await expect.element(field(texts.passphrase)).toHaveAttribute('aria-invalid', 'true')
  await userEvent.fill(field(texts.passphrase), 'long enough')
  await userEvent.fill(field(texts.repeatPassphrase), 'long enouhg')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.passphrasesDiffer)
  await expect.element(field(texts.repeatPassphrase)).toHaveFocus()
  await expect.element(field(texts.passphrase)).toHaveAttribute('type', 'password')
  await userEvent.click(field(texts.showPassphrase))
  for (const name of [texts.passphrase, texts.repeatPassphrase])
    await expect.element(field(name)).toHaveAttribute('type', 'text')
  await press(texts.cancel)
  await expect.element(heading(texts.offTitle)).toHaveFocus()
})

test('adds the code to a backup whose first attempt lost its connection halfway', async () => {
  withFewRounds()
  const { store, objects } = objectStoreDouble()
  let isDown = false
  const flaky = {
    ...store,
    async put(name: string, bytes: Uint8Array<ArrayBuffer>) {
      if (isDown) throw new Error('offline')
      await store.put(name, bytes)
      // The first wrapped key is stored, and nothing works from then on.
      isDown = objects.size === 1
    },
    async list(prefix: string) {
      if (isDown) throw new Error('offline')
      return store.list(prefix)
    },
  }
  const { container } = show(openBackup({ objects: flaky, databaseName: newName() }))
  const code = await chooseAndRead(container)
  await userEvent.fill(field(texts.recoveryCode), code)
  await press(texts.turnOn)
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.errors['backup-unreachable'])
  flaky.put = store.put
  isDown = false
  await press(texts.turnOn)
  await vi.waitFor(() => expect(status(container)).toBe(texts.turnedOn))
  const other = openBackup({ objects: store, databaseName: newName() })
  await other.unlock({ recoveryCode: code })
})

test('says what failed in the user’s words, and tries again', async () => {
  const scene: BackupScene = { ...open, fails: { sync: 'backup-unreachable' } }
  const backup = scriptedBackup(scene)
  const { container } = show(backup)
  await press(texts.syncNow)
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.errors['backup-unreachable'])
  scene.fails = {}
  await press(texts.tryAgain)
  await vi.waitFor(() => expect(status(container)).toBe(texts.synced(0, 0)))
  expect(container.querySelector('[data-error]')).toBeNull()
  expect(backup.calls).toEqual(['sync', 'sync'])
})

test('shows the error of a background sync until one succeeds, and announces none of them', async () => {
  const scene: BackupScene = { ...open, fails: { sync: 'backup-incomplete' } }
  const backup = scriptedBackup(scene)
  const { container } = show(backup)
  await expect.element(heading(texts.title)).toBeVisible()
  await backup.sync().catch(() => {})
  await find(container, '[data-error=backup-incomplete]')
  scene.fails = {}
  await backup.sync()
  await vi.waitFor(() => expect(container.querySelector('[data-error]')).toBeNull())
  expect(status(container)).toBe('')
})

test('continues as a new device after a copy of the browser used the backup', async () => {
  const backup = scriptedBackup({ ...open, fails: { sync: 'backup-forked' } })
  const { container } = show(backup)
  await press(texts.syncNow)
  await press(texts.newDevice)
  await vi.waitFor(() => expect(status(container)).toBe(texts.newDeviceMade))
  expect(backup.calls).toEqual(['sync', 'startNewDevice', 'sync'])
})

test('asks before it deletes and before it stops, moves the focus to a place that stays, and Escape cancels', async () => {
  const backup = scriptedBackup({ ...open })
  const { container } = show(backup)
  const remove = named(texts.deleteOne('A kettle'))
  await userEvent.click(remove)
  const question = page.getByRole('alertdialog', { name: texts.deleteTitle })
  await expect.element(question).toHaveTextContent('A kettle')
  await expect.element(named(texts.cancel)).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  await expect.element(remove).toHaveFocus()
  expect(backup.calls).toEqual([])
  await userEvent.click(remove)
  await press(texts.delete)
  await vi.waitFor(() => expect(status(container)).toBe(texts.deleted))
  await expect.element(page.getByRole('heading', { name: texts.conversations })).toHaveFocus()

  await press(texts.stop)
  await userEvent.click(page.getByRole('alertdialog').getByRole('button', { name: texts.stop }))
  await expect.element(heading(texts.lockedTitle)).toBeVisible()
  await expect.element(field(texts.passphrase)).toHaveFocus()
  await vi.waitFor(() => expect(status(container)).toBe(texts.stopped))
})

test('names each conversation that was left out, with the reason', async () => {
  const { container } = show(
    scriptedBackup({
      ...open,
      restores: {
        skipped: [
          { id: 'a', code: 'backup-session-open' },
          { id: 'b', code: 'key-wrong' },
        ],
      },
    }),
  )
  await press(texts.restoreOne('A kettle'))
  await find(container, '[data-rva-part=backup-skipped]')
  expect(
    [...container.querySelectorAll('[data-rva-part=backup-skipped] li')].map((item) => item.textContent),
  ).toEqual([`A kettle: ${texts.errors['backup-session-open']}`, `${texts.unlisted}: ${texts.unreadable}`])
})

test('asks for the secret again if the browser has lost the key of the backup', async () => {
  show(scriptedBackup({ ...open, fails: { sync: 'backup-locked' } }))
  await press(texts.syncNow)
  await expect.element(heading(texts.lockedTitle)).toBeVisible()
})

test('looks again for a backup after it could not be reached', async () => {
  const scene: BackupScene = { fails: { exists: 'backup-unreachable' } }
  show(scriptedBackup(scene))
  await expect.element(page.getByRole('alert')).toHaveTextContent(texts.errors['backup-unreachable'])
  scene.fails = {}
  await press(texts.tryAgain)
  await expect.element(heading(texts.offTitle)).toBeVisible()
})

test('says that the browser is offline, and takes it back', async () => {
  let isOnline = true
  const spy = vi.spyOn(navigator, 'onLine', 'get').mockImplementation(() => isOnline)
  onTestFinished(() => spy.mockRestore())
  const { container } = show(scriptedBackup({ ...open }))
  await expect.element(heading(texts.title)).toBeVisible()
  expect(container.textContent).not.toContain(texts.offline)
  isOnline = false
  dispatchEvent(new Event('offline'))
  await vi.waitFor(() => expect(container.textContent).toContain(texts.offline))
  isOnline = true
  dispatchEvent(new Event('online'))
  await vi.waitFor(() => expect(container.textContent).not.toContain(texts.offline))
})

test('lets the app decide about automatic syncs, and has no checkbox without it', async () => {
  const onAutomaticChange = vi.fn()
  const shown = show(scriptedBackup({ ...open }), { isAutomatic: true, onAutomaticChange })
  await userEvent.click(field(texts.automatic))
  expect(onAutomaticChange).toHaveBeenCalledWith(false)
  shown.unmount()
  const { container } = show(scriptedBackup({ ...open }))
  await find(container, '[data-rva-part=conversation]')
  expect(container.querySelector('input')).toBeNull()
})

test('takes a second press for none while a command runs', async () => {
  const backup = scriptedBackup({ ...open, hangs: { operation: 'restore', done: 1, total: 4 } })
  const { container } = show(backup)
  await press(texts.restoreAll)
  await vi.waitFor(() => expect(status(container)).toBe(texts.restoring))
  const progress = await find<HTMLProgressElement>(container, 'progress')
  expect([progress.value, progress.max]).toEqual([1, 4])
  for (const name of [texts.restoreAll, texts.syncNow]) {
    await expect.element(named(name)).toHaveAttribute('aria-disabled', 'true')
    ;(named(name).element() as HTMLElement).click()
  }
  expect(backup.calls).toEqual(['restore'])
})

test('shows 50 conversations, and 50 more with the focus on the first of them', async () => {
  const sessions = Array.from({ length: 120 }, (_, index) => ({
    ...session,
    id: String(index),
    title: `Conversation ${index}`,
  }))
  const { container } = show(scriptedBackup({ ...open, sessions }))
  await find(container, '[data-rva-part=conversation]')
  const count = () => container.querySelectorAll('[data-rva-part=conversation]').length
  expect(count()).toBe(50)
  await press(texts.showMore)
  expect(count()).toBe(100)
  await expect.element(named(texts.restoreOne('Conversation 50'))).toHaveFocus()
})

test('shows hostile titles as text', async () => {
  const logged = recordConsole()
  const sessions = hostileTexts
    .filter((text) => text.trim() !== '' && text.length < 4_000)
    .slice(0, 50)
    .map((title, index) => ({ ...session, id: String(index), title }))
  const { container } = show(scriptedBackup({ ...open, sessions }))
  await find(container, '[data-rva-part=conversation]')
  const shown = [...container.querySelectorAll('[data-rva-part=conversation-title] > bdi')]
  expect(shown.map(({ textContent }) => textContent)).toEqual(sessions.map(({ title }) => title))
  expect(shown.every(({ children }) => children.length === 0)).toBe(true)
  expect((globalThis as { hostile?: number }).hostile).toBeUndefined()
  expect(logged).toEqual([])
})

test('looks the same beside an assistant whose styles are adopted later', async () => {
  const { container } = show(scriptedBackup({}))
  const button = await find(container, '[data-rva-part=dialog-confirm]')
  const look = () => {
    const { backgroundColor, color, paddingInline } = getComputedStyle(button)
    return { backgroundColor, color, paddingInline }
  }
  const before = look()
  const own = [...document.adoptedStyleSheets]
  onTestFinished(() => {
    document.adoptedStyleSheets = own
  })
  adoptSheet(container, styles)
  expect(document.adoptedStyleSheets.length).toBe(own.length + 1)
  expect(look()).toEqual(before)
  expect(before.backgroundColor).not.toBe('rgba(0, 0, 0, 0)')
})

test.each([
  [360, 'en'],
  [320, 'de'],
  [320, 'ar'],
])('does not scroll sideways at %d px in %s', async (width, locale) => {
  const { container } = show(
    scriptedBackup({
      ...open,
      sessions: [{ ...session, title: 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen' }],
    }),
    { texts: backupTextsOf(locale), isAutomatic: true, onAutomaticChange: () => {} },
  )
  container.style.inlineSize = `${width}px`
  if (locale === 'ar') container.dir = 'rtl'
  const panel = await find(container, '[data-rva-part=backup]')
  await find(container, '[data-rva-part=conversation]')
  expect(panel.scrollWidth).toBeLessThanOrEqual(panel.clientWidth)
  const { left, right } = panel.getBoundingClientRect()
  for (const element of panel.querySelectorAll('button, p, span, input')) {
    const box = element.getBoundingClientRect()
    expect(box.left, element.outerHTML).toBeGreaterThanOrEqual(left - 1)
    expect(box.right, element.outerHTML).toBeLessThanOrEqual(right + 1)
  }
})

test.each([
  { width: 328, fontSize: '100%' },
  { width: 288, fontSize: '200%' },
])(
  'shows a whole recovery code in a field of $width px with text at $fontSize',
  async ({ width, fontSize }) => {
    document.documentElement.style.fontSize = fontSize
    onTestFinished(() => void document.documentElement.style.removeProperty('font-size'))
    const { container } = show(scriptedBackup({ ...open, state: 'locked' }))
    container.style.inlineSize = `${width}px`
    await press(texts.useCode)
    await userEvent.fill(field(texts.recoveryCode), createRecoveryCode())
    const code = await find<HTMLElement>(container, '[data-kind=code]')
    expect(code.scrollWidth).toBeLessThanOrEqual(code.clientWidth)
    expect(code.scrollHeight).toBeLessThanOrEqual(code.clientHeight)
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    expect(Number.parseFloat(getComputedStyle(code).fontSize)).toBeGreaterThanOrEqual(rem)
  },
)
