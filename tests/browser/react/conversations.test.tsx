import { type VoiceAssistantTexts, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { defaultTexts } from 'redux-voice-agent/texts'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createStorage } from '../../../src/lib/voice-agent/storage/index.js'
import { snapshotOf } from '../storage/snapshots.js'
import { find, mountTab, render, type Tab, talk } from './support.js'

/** Uses real IndexedDB, WebCrypto and Web Locks; only the agent is scripted. */
let databaseName: string
beforeEach(() => {
  databaseName = `conversations-${crypto.randomUUID()}`
  sessionStorage.clear()
})

const openTab = () => mountTab(databaseName)

async function openList({ inApp }: Tab) {
  const { container, unmount, render: rerender } = render(inApp(<WebRTCVoiceAssistant />))
  const setTexts = (texts: Partial<VoiceAssistantTexts>) =>
    rerender(inApp(<WebRTCVoiceAssistant texts={texts} />))
  container.style.cssText = 'block-size: 640px; inline-size: 400px'
  await userEvent.click(page.getByRole('button', { name: 'Conversations' }))
  return { container, unmount, setTexts, list: page.getByRole('region', { name: 'Conversations' }) }
}

test('opening an earlier conversation keeps the current one stored and starts no call', async () => {
  const tab = openTab()
  const firstId = await talk(tab, 'About kettles')
  await tab.voiceAgent.agent.newSession()
  const secondId = await talk(tab, 'About cups')
  const { container, list } = await openList(tab)
  await expect.element(list.getByText('This conversation')).toBeVisible()
  await expect.element(list.getByRole('heading', { name: 'Conversations', exact: true })).toHaveFocus()
  const items = list.getByRole('listitem')
  await expect.element(items.first()).toHaveTextContent(/^About kettlesToday, .* · 1 message$/)

  // After the close button, the search, and the actions on the current conversation.
  await userEvent.keyboard('{Tab}'.repeat(9))
  await expect.element(items.first().getByRole('button').first()).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByRole('article')).toHaveTextContent('About kettles')
  await vi.waitFor(() => expect(document.activeElement?.getAttribute('data-rva-part')).toBe('viewport'))
  expect(tab.voiceAgent.sessionManager.getCurrentSession()?.sessionId).toBe(firstId)
  expect(container.querySelector('[data-connection=disconnected], [data-connection=idle]')).not.toBeNull()
  expect(tab.transport.open).toBe(0)
  const stored = await tab.voiceAgent.sessionManager.listSessions()
  expect(stored.map(({ id }) => id).sort()).toEqual([firstId, secondId].sort())
})

test('an earlier conversation that is open without a call is open again after a reload, without a call', async () => {
  const tab = openTab()
  const firstId = await talk(tab, 'About kettles')
  await tab.voiceAgent.agent.newSession()
  await talk(tab, 'About cups')
  const { list, unmount } = await openList(tab)
  await userEvent.click(list.getByRole('listitem').first().getByRole('button').first())
  await expect.element(page.getByRole('article')).toHaveTextContent('About kettles')
  unmount()
  await tab.voiceAgent.dispose()

  const next = openTab()
  expect(await next.voiceAgent.sessionManager.initialize()).toEqual({
    conversation: 'restored',
    agent: 'none',
  })
  expect(next.voiceAgent.sessionManager.getCurrentSession()?.sessionId).toBe(firstId)
  expect(next.transport.requests).toHaveLength(0)
  expect(next.store.getState().voiceAgent.session.restore.reason).toBe('call-had-ended')
})

test('deleting the current conversation asks first, Escape cancels, and deleting ends its call', async () => {
  const tab = openTab()
  const id = await talk(tab, 'About kettles')
  const { list } = await openList(tab)
  const bin = list.getByRole('button', { name: 'Delete this conversation' })
  await userEvent.click(bin)
  const question = page.getByRole('alertdialog', { name: 'Delete this conversation?' })
  await expect.element(question).toHaveAccessibleDescription(/can't be undone\. This also ends the call\.$/)
  await expect.element(question.getByRole('button', { name: 'Cancel' })).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  await expect.element(question).not.toBeInTheDocument()
  await expect.element(bin).toHaveFocus()
  expect(tab.transport.open).toBe(1)

  await userEvent.keyboard('{Enter}')
  await userEvent.click(question.getByRole('button', { name: 'Delete' }))
  await expect.element(list.getByRole('status')).toHaveTextContent('Conversation deleted.')
  await expect.element(list.getByRole('heading', { name: 'Conversations', exact: true })).toHaveFocus()
  await expect.element(list.getByText('No earlier conversations in this browser.')).toBeVisible()
  expect(tab.transport.open).toBe(0)
  expect(await tab.voiceAgent.sessionManager.listSessions()).toEqual([])
  expect(id).not.toBe('')

  await userEvent.keyboard('{Escape}')
  await expect.element(list).not.toBeInTheDocument()
  await expect.element(page.getByRole('button', { name: 'Conversations' })).toHaveFocus()
})

test('a conversation that is open in another tab is marked, and shown read-only', async () => {
  const other = openTab()
  const otherId = await talk(other, 'In the other tab')
  sessionStorage.clear()
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { list, setTexts } = await openList(tab)
  const item = list.getByRole('listitem').first()
  await expect.element(item).toHaveTextContent(/open in another tab$/)
  ;(item.getByRole('button').first().element() as HTMLElement).click()
  await expect.element(list.getByRole('article')).toHaveTextContent('In the other tab')
  await expect.element(list.getByRole('status')).toHaveTextContent(/close it there/)
  await expect.element(list.getByRole('heading')).toHaveFocus()
  setTexts({ locale: 'de' })
  await expect.element(list.getByRole('heading')).toHaveTextContent(/^heute, /i)
  expect(tab.voiceAgent.sessionManager.getCurrentSession()?.sessionId).not.toBe(otherId)

  other.transport.emit({ type: 'userTranscriptReceived', text: 'Said later', final: true })
  await expect.element(list.getByText('Said later')).toBeVisible()

  await userEvent.keyboard('{Escape}')
  await expect.element(item.getByRole('button').first()).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  await expect.element(list.getByRole('article').last()).toHaveTextContent('Said later')
  await other.voiceAgent.agent.newSession()
  await userEvent.click(list.getByRole('button', { name: 'Open it here' }))
  await expect.element(list).not.toBeInTheDocument()
  expect(tab.voiceAgent.sessionManager.getCurrentSession()?.sessionId).toBe(otherId)
})

test('a read-only conversation is emptied if the other tab deletes it, and says so', async () => {
  const other = openTab()
  const otherId = await talk(other, 'In the other tab')
  sessionStorage.clear()
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { list } = await openList(tab)
  await userEvent.click(list.getByRole('listitem').first().getByRole('button').first())
  await expect.element(list.getByRole('article')).toBeVisible()
  await other.voiceAgent.sessionManager.deleteSession(otherId)
  await expect.element(list.getByRole('status')).toHaveTextContent(/no longer stored/)
  expect(list.getByRole('article').elements()).toEqual([])
})

test('conversations appear and disappear as other tabs save and delete them', async () => {
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { list } = await openList(tab)
  await expect.element(list.getByText('No earlier conversations in this browser.')).toBeVisible()
  sessionStorage.clear()
  const other = openTab()
  const otherId = await talk(other, 'In the other tab')
  await expect.element(list.getByRole('listitem')).toHaveTextContent(/open in another tab$/)
  await other.voiceAgent.agent.newSession()
  await expect.element(list.getByRole('listitem')).not.toHaveTextContent(/open in another tab$/)
  await other.voiceAgent.sessionManager.deleteSession(otherId)
  await expect.element(list.getByText('No earlier conversations in this browser.')).toBeVisible()
})

/** Stores this number of conversations. */
async function storeMany(count: number): Promise<void> {
  const storage = createStorage({ databaseName })
  for (let index = 0; index < count; index++) {
    const id = `stored-${index}`
    await storage.records.create(id)
    await storage.records.setItem(id, snapshotOf({ id, updatedAt: 1_000_000 + index, length: 1 + index }))
    await storage.records.release(id)
  }
  await storage.records.close()
}

test('a long list is paged, for keyboard and screen reader users too', async () => {
  await storeMany(45)
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { list } = await openList(tab)
  const items = list.getByRole('listitem')
  const more = list.getByRole('button', { name: 'Show more conversations' })
  await expect.poll(() => items.elements().length).toBe(20)
  ;(more.element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => items.elements().length).toBe(40)
  await expect.element(items.nth(20).getByRole('button').first()).toHaveFocus()
  await expect.element(list.getByRole('status')).toHaveTextContent('20 more conversations.')
  ;(more.element() as HTMLElement).focus()
  await userEvent.keyboard(' ')
  await expect.poll(() => items.elements().length).toBe(45)
  await expect.element(items.nth(40).getByRole('button').first()).toHaveFocus()
  await expect.element(more).not.toBeInTheDocument()
})

/** Exports the current conversation in the dialog. Returns the downloaded file. */
async function exportByDialog(list: ReturnType<typeof page.getByRole>, passphrase: string): Promise<Blob> {
  const files: Blob[] = []
  const create = vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
    files.push(file as Blob)
    return 'about:blank#file'
  })
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {})
  onTestFinished(() => {
    create.mockRestore()
    click.mockRestore()
  })
  await userEvent.click(list.getByRole('button', { name: 'Save this conversation as a file' }))
  const dialog = page.getByRole('dialog', { name: 'Save as a file' })
  const first = dialog.getByLabelText('Passphrase', { exact: true })
  await expect.element(first).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  await expect.element(dialog.getByRole('alert')).toHaveTextContent('Enter a passphrase.')
  await userEvent.fill(first, passphrase)
  await userEvent.fill(dialog.getByLabelText('Repeat the passphrase'), `${passphrase}x`)
  await userEvent.keyboard('{Enter}')
  await expect.element(dialog.getByRole('alert')).toHaveTextContent("The passphrases don't match.")
  await userEvent.fill(dialog.getByLabelText('Repeat the passphrase'), passphrase)
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }))
  await expect.element(dialog).not.toBeInTheDocument()
  await expect.element(list.getByRole('status')).toHaveTextContent('The file was saved.')
  return files[0] as Blob
}

test('a conversation can be saved to a file and added from it', async () => {
  const tab = openTab()
  const id = await talk(tab, 'About kettles')
  const { list } = await openList(tab)
  const file = await exportByDialog(list, 'a passphrase')
  const { voiceAgent } = tab
  expect(JSON.stringify(voiceAgent.agent.store.getState())).not.toContain('a passphrase')

  await userEvent.click(list.getByRole('button', { name: 'Add a conversation from a file' }))
  const dialog = page.getByRole('dialog', { name: 'Add a conversation from a file' })
  await userEvent.upload(dialog.getByLabelText('File'), new File([file], 'conversation.rva'))
  const passphrase = dialog.getByLabelText('Passphrase')
  await userEvent.fill(passphrase, 'another')
  await userEvent.keyboard('{Enter}')
  await expect.element(dialog.getByRole('alert')).toHaveTextContent(/doesn't open this file/)
  await expect.element(passphrase).toHaveFocus()
  await userEvent.fill(passphrase, 'a passphrase')
  await userEvent.keyboard('{Enter}')
  await expect.element(dialog).not.toBeInTheDocument()
  await expect.element(list.getByRole('status')).toHaveTextContent('Conversation added.')
  await expect.element(list.getByRole('listitem')).toHaveTextContent(/1 message$/)
  expect((await voiceAgent.sessionManager.listSessions()).map((session) => session.id)).toContain(id)
  await userEvent.click(list.getByRole('listitem').getByRole('button').first())
  await expect.element(page.getByRole('article')).toHaveTextContent('About kettles')
  expect(tab.transport.open).toBe(0)
})

test('errors and messages that are shown follow a change of the language', async () => {
  const tab = openTab()
  await talk(tab, 'Cannot be opened')
  await tab.voiceAgent.agent.newSession()
  await talk(tab, 'This call')
  const { list, setTexts } = await openList(tab)
  tab.voiceAgent.sessionManager.restoreSession = async () => ({ conversation: 'failed', agent: 'none' })
  await userEvent.click(list.getByRole('listitem').first().getByRole('button').first())
  await expect.element(list.getByRole('status')).toHaveTextContent(/can't be opened/)

  await userEvent.click(list.getByRole('button', { name: 'Add a conversation from a file' }))
  const dialog = page.getByRole('dialog', { name: 'Add a conversation from a file' })
  const alert = dialog.getByRole('alert')
  await userEvent.click(dialog.getByRole('button', { name: 'Add', exact: true }))
  await expect.element(alert).toHaveTextContent('Choose a file.')
  setTexts({ fileMissing: 'Datei fehlt.', conversationNotOpened: 'Nicht geöffnet.' })
  await expect.element(alert).toHaveTextContent('Datei fehlt.')
  await expect.element(list.getByRole('status')).toHaveTextContent('Nicht geöffnet.')

  await userEvent.upload(dialog.getByLabelText('File'), new File(['no conversation'], 'conversation.rva'))
  await userEvent.fill(dialog.getByLabelText('Passphrase'), 'a passphrase')
  await userEvent.keyboard('{Enter}')
  const { errors } = defaultTexts
  await expect.element(alert).toHaveTextContent(errors['file-damaged'])
  setTexts({ errors: { ...errors, 'file-damaged': 'Datei beschädigt.' } })
  await expect.element(alert).toHaveTextContent('Datei beschädigt.')
})

test('the list warns when the storage is almost full', async () => {
  const estimate = vi
    .spyOn(navigator.storage, 'estimate')
    .mockImplementation(async () => ({ usage: 950, quota: 1000 }))
  onTestFinished(() => estimate.mockRestore())
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { list } = await openList(tab)
  await expect.element(list.getByText(/storage is 95% full/)).toBeVisible()
})

test('a conversation that cannot be opened is reported in the list, and the call continues', async () => {
  const tab = openTab()
  await talk(tab, 'Cannot be opened')
  await tab.voiceAgent.agent.newSession()
  const id = await talk(tab, 'This call')
  const { list } = await openList(tab)
  const item = list.getByRole('listitem').first()
  await expect.element(item).toBeVisible()
  tab.voiceAgent.sessionManager.restoreSession = async () => ({ conversation: 'failed', agent: 'none' })
  await userEvent.click(item.getByRole('button').first())
  await expect.element(list.getByRole('status')).toHaveTextContent(/can't be opened/)
  await expect.element(list.getByRole('status')).toBeVisible()
  await expect.element(list.getByRole('heading', { name: 'Conversations', exact: true })).toHaveFocus()
  expect(tab.voiceAgent.sessionManager.getCurrentSession()).toMatchObject({
    sessionId: id,
    connectionState: 'connected',
  })
})

test('a list that cannot be read says so, and can be reloaded', async () => {
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { sessionManager } = tab.voiceAgent
  const read = vi.spyOn(sessionManager, 'listSessions').mockRejectedValueOnce(new Error('blocked'))
  const { list } = await openList(tab)
  await expect.element(list.getByText("Earlier conversations can't be read right now.")).toBeVisible()
  await userEvent.click(list.getByRole('button', { name: 'Try again' }))
  await expect.element(list.getByText('No earlier conversations in this browser.')).toBeVisible()
  expect(read).toHaveBeenCalledTimes(2)
})

test('the transcript keeps its scroll position while the list is open', async () => {
  const tab = openTab()
  await talk(tab, 'About kettles')
  for (let turn = 0; turn < 40; turn++)
    tab.transport.emit({ type: 'userTranscriptReceived', text: `Turn ${turn}`, final: true })
  const { container, list } = await openList(tab)
  await userEvent.keyboard('{Escape}')
  const viewport = await find(container, '[data-rva-part=viewport]')
  viewport.scrollTop = 200
  await find(container, '[data-at-end=false]')
  await userEvent.click(page.getByRole('button', { name: 'Conversations' }))
  await expect.element(list).toBeVisible()
  expect(getComputedStyle(viewport).visibility).toBe('hidden')
  await userEvent.keyboard('{Escape}')
  await expect.element(list).not.toBeInTheDocument()
  expect(viewport.scrollTop).toBe(200)
})

test('an earlier conversation can be renamed by keyboard, and the focus returns to where it was', async () => {
  const tab = openTab()
  const id = await talk(tab, 'About kettles')
  await tab.voiceAgent.agent.newSession()
  await talk(tab, 'About cups')
  const { list } = await openList(tab)
  const item = list.getByRole('listitem').first()
  const open = item.getByRole('button').first()
  await expect.element(open).toHaveTextContent(/^About kettles/)
  ;(open.element() as HTMLElement).focus()
  await userEvent.keyboard('{F2}')
  const field = list.getByRole('textbox')
  await expect.element(field).toHaveFocus()
  await expect.element(field).toHaveAccessibleName(/^Name of the conversation from Today/)
  await userEvent.keyboard('Never saved{Escape}')
  await expect.element(open).toHaveFocus()
  await expect.element(open).toHaveTextContent(/^About kettles/)
  await userEvent.keyboard('{F2}')
  // The first words are selected, so typing replaces them.
  await userEvent.keyboard('Wedding{Enter}')
  await expect.element(open).toHaveTextContent(/^Wedding/)
  await expect.element(open).toHaveFocus()
  await expect.element(list.getByRole('status').first()).toHaveTextContent('Conversation renamed.')
  expect([...(await tab.voiceAgent.sessionManager.readTitles([id])).values()]).toEqual(['Wedding'])

  const pencil = item.getByRole('button', { name: /^Rename/ })
  await userEvent.click(pencil)
  await userEvent.clear(field)
  await userEvent.click(list.getByRole('button', { name: 'Save name' }))
  await expect.element(open).toHaveTextContent(/^About kettles/)
  await expect.element(pencil).toHaveFocus()
})

test('the open conversation is renamed, and another tab shows the new title', async () => {
  const tab = openTab()
  await talk(tab, 'About kettles')
  const { list, unmount } = await openList(tab)
  const rename = list.getByRole('button', { name: 'Rename this conversation' })
  await userEvent.click(rename)
  await userEvent.keyboard('Presents{Enter}')
  await expect.element(list.getByText('Presents')).toBeVisible()
  await expect.element(rename).toHaveFocus()
  unmount()
  sessionStorage.clear()
  const other = openTab()
  await other.voiceAgent.sessionManager.initialize()
  const { list: otherList } = await openList(other)
  const item = otherList.getByRole('listitem').first()
  await expect.element(item).toHaveTextContent(/^Presents/)
  // Only the tab that has it open can rename it.
  await expect.element(item.getByRole('button', { name: /^Rename/ })).not.toBeInTheDocument()
  await tab.voiceAgent.sessionManager.renameSession(
    tab.voiceAgent.sessionManager.getCurrentSession()?.sessionId ?? '',
    'Gifts',
  )
  await expect.element(item).toHaveTextContent(/^Gifts/)
})

test('a title that cannot be saved is reported, and stays in the field', async () => {
  const tab = openTab()
  await talk(tab, 'About kettles')
  const { list } = await openList(tab)
  tab.voiceAgent.sessionManager.renameSession = () => Promise.reject(new Error('full'))
  await userEvent.click(list.getByRole('button', { name: 'Rename this conversation' }))
  await userEvent.keyboard('Presents{Enter}')
  await expect.element(list.getByRole('alert')).toHaveTextContent(/couldn't be saved/)
  await expect.element(list.getByRole('textbox')).toHaveValue('Presents')
  await expect.element(list.getByRole('textbox')).toHaveFocus()
})
