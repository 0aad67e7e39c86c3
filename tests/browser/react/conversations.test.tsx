import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { find, mountAgent, render } from './support.js'

/** Uses real IndexedDB, WebCrypto and Web Locks; only the agent is scripted. */
let databaseName: string
beforeEach(() => {
  databaseName = `conversations-${crypto.randomUUID()}`
  sessionStorage.clear()
})

/** Creates an agent with its own store, as each tab has one. */
function openTab() {
  return mountAgent([], {
    persistence: { databaseName, debounceMs: 5 },
    refreshToken: async (request) => ({
      token: 'token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: request?.sessionId ?? crypto.randomUUID(),
    }),
  })
}

type Tab = ReturnType<typeof openTab>

/** Starts a call, adds a turn of the user and saves it. Returns the session's id. */
async function talk({ voiceAgent, transport }: Tab, text: string): Promise<string> {
  await voiceAgent.sessionManager.initialize()
  await voiceAgent.agent.connect()
  transport.emit({ type: 'userTranscriptReceived', text, final: true })
  await voiceAgent.persistor.flush()
  return voiceAgent.sessionManager.getCurrentSession()?.sessionId ?? ''
}

async function openList({ inApp }: Tab) {
  const { container } = render(inApp(<WebRTCVoiceAssistant />))
  container.style.cssText = 'block-size: 640px; inline-size: 400px'
  await userEvent.click(page.getByRole('button', { name: 'Conversations' }))
  return { container, list: page.getByRole('region', { name: 'Conversations' }) }
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
  await expect.element(items.first()).toHaveTextContent(/^Today, .*1 message$/)

  await userEvent.keyboard('{Tab}{Tab}{Tab}')
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

test('deleting the current conversation asks first, Escape cancels, and its call ends', async () => {
  const tab = openTab()
  const id = await talk(tab, 'About kettles')
  const { list } = await openList(tab)
  const bin = list.getByRole('button', { name: 'Delete this conversation' })
  await userEvent.click(bin)
  const question = page.getByRole('alertdialog', { name: 'Delete this conversation?' })
  await expect.element(question).toHaveAccessibleDescription(/can't be undone\. The call ends\.$/)
  await expect.element(question.getByRole('button', { name: 'Cancel' })).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  await expect.element(question).not.toBeInTheDocument()
  await expect.element(bin).toHaveFocus()
  expect(tab.transport.open).toBe(1)

  await userEvent.keyboard('{Enter}')
  await userEvent.click(question.getByRole('button', { name: 'Delete' }))
  await expect.element(list.getByRole('status')).toHaveTextContent('Conversation deleted.')
  await expect.element(list.getByRole('heading', { name: 'Conversations', exact: true })).toHaveFocus()
  await expect.element(list.getByText('There are none in this browser.')).toBeVisible()
  expect(tab.transport.open).toBe(0)
  expect(await tab.voiceAgent.sessionManager.listSessions()).toEqual([])
  expect(id).not.toBe('')

  await userEvent.keyboard('{Escape}')
  await expect.element(list).not.toBeInTheDocument()
  await expect.element(page.getByRole('button', { name: 'Conversations' })).toHaveFocus()
})

test('a conversation that another tab has open is marked and can be deleted but not opened', async () => {
  const other = openTab()
  const otherId = await talk(other, 'In the other tab')
  sessionStorage.clear()
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { list } = await openList(tab)
  const item = list.getByRole('listitem').first()
  await expect.element(item).toHaveTextContent(/open in another tab$/)
  const open = item.getByRole('button').first()
  await expect.element(open).toHaveAttribute('aria-disabled', 'true')
  ;(open.element() as HTMLElement).click()
  expect(tab.voiceAgent.sessionManager.getCurrentSession()?.sessionId).not.toBe(otherId)
  await expect.element(list).toBeVisible()
})

test('a conversation that was deleted meanwhile is reported in the list, and the call continues', async () => {
  const tab = openTab()
  const goneId = await talk(tab, 'Deleted meanwhile')
  await tab.voiceAgent.agent.newSession()
  const id = await talk(tab, 'This call')
  const { list } = await openList(tab)
  const item = list.getByRole('listitem').first()
  await expect.element(item).toBeVisible()
  await tab.voiceAgent.sessionManager.deleteSession(goneId)
  await userEvent.click(item.getByRole('button').first())
  await expect.element(list.getByRole('status')).toHaveTextContent(/can't be opened/)
  await expect.element(list.getByRole('status')).toBeVisible()
  await expect.element(list.getByText('There are none in this browser.')).toBeVisible()
  await expect.element(list.getByRole('heading', { name: 'Conversations', exact: true })).toHaveFocus()
  expect(tab.voiceAgent.sessionManager.getCurrentSession()).toMatchObject({
    sessionId: id,
    connectionState: 'connected',
  })
})

test('a list that cannot be read says so, and can be read again', async () => {
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { sessionManager } = tab.voiceAgent
  const read = vi.spyOn(sessionManager, 'listSessions').mockRejectedValueOnce(new Error('blocked'))
  const { list } = await openList(tab)
  await expect.element(list.getByText("Earlier conversations can't be read right now.")).toBeVisible()
  await userEvent.click(list.getByRole('button', { name: 'Try again' }))
  await expect.element(list.getByText('There are none in this browser.')).toBeVisible()
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
