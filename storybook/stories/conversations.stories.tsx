import { expect, waitFor, within } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Conversations' }

const hour = 3_600_000
const stored = [
  { id: 'morning', tabId: 'tab', updatedAt: storyTime - hour, messageCount: 12, isOpenElsewhere: true },
  {
    id: 'yesterday',
    tabId: 'tab',
    updatedAt: storyTime - 22 * hour,
    messageCount: 1,
    isOpenElsewhere: false,
  },
  { id: 'week', tabId: 'tab', updatedAt: storyTime - 120 * hour, messageCount: 148, isOpenElsewhere: false },
].map((session) => ({ ...session, createdAt: session.updatedAt - hour / 2 }))

/** Replaces the stored conversations, because a story stores nothing. Tests list and delete with real storage. */
function listing({ voiceAgent: { sessionManager } }: Scenario, list: () => Promise<typeof stored>) {
  sessionManager.listSessions = list
}

const withList = (list: () => Promise<typeof stored>) =>
  scene(async (scenario) => {
    listing(scenario, list)
    await scenario.call()
    smallTalk(scenario)
  })

type Context = Parameters<NonNullable<Story['play']>>[0]

async function openList({ canvas, userEvent }: Context) {
  await userEvent.click(canvas.getByRole('button', { name: 'Conversations' }))
  return within(await canvas.findByRole('region', { name: 'Conversations' }))
}

export const EarlierConversations: Story = {
  ...withList(async () => stored),
  async play(context) {
    const list = await openList(context)
    await waitFor(() => expect(list.getAllByRole('listitem')).toHaveLength(3))
    const [elsewhere, other] = list.getAllByRole('listitem')
    await expect(elsewhere).toHaveTextContent(/open in another tab$/)
    await expect(other).toHaveTextContent(/^Yesterday, .*1 message$/)
    // The call continues, and the button that ends it stays visible.
    await expect(context.canvas.getByRole('button', { name: 'End conversation' })).toBeVisible()
  },
}

export const NoneStored: Story = {
  ...withList(async () => []),
  async play(context) {
    const list = await openList(context)
    await expect(await list.findByText('There are none in this browser.')).toBeVisible()
  },
}

export const ListLoading: Story = {
  ...withList(() => new Promise(() => {})),
  async play(context) {
    const list = await openList(context)
    await expect(list.getByText('Loading…')).toBeVisible()
  },
}

export const ListFailed: Story = {
  ...withList(() => Promise.reject(new Error('The database is blocked.'))),
  async play(context) {
    const list = await openList(context)
    await expect(await list.findByRole('button', { name: 'Try again' })).toBeVisible()
  },
}

/** Escape cancels. Confirming ends the call and deletes the conversation. */
export const ClearConversation: Story = {
  ...withList(async () => stored),
  async play(context) {
    const { canvas, userEvent } = context
    const list = await openList(context)
    await userEvent.click(list.getByRole('button', { name: 'Delete this conversation' }))
    const question = within(canvas.getByRole('alertdialog', { name: 'Delete this conversation?' }))
    await expect(question.getByRole('button', { name: 'Cancel' })).toHaveFocus()
    await userEvent.click(question.getByRole('button', { name: 'Delete' }))
    await waitFor(() => expect(list.getByRole('status')).toHaveTextContent('Conversation deleted.'))
    await expect(getScenario(context).actionTypes).toContain('sessionEnded')
    await waitFor(() => expect(canvas.getByRole('button', { name: 'Start conversation' })).toBeVisible())
  },
}

export const DeleteQuestion: Story = {
  ...withList(async () => stored),
  async play(context) {
    const list = await openList(context)
    await context.userEvent.click(list.getByRole('button', { name: 'Delete this conversation' }))
    await expect(context.canvas.getByRole('alertdialog')).toHaveAccessibleDescription(/The call ends\.$/)
  },
}

/** Returns to the transcript, which keeps its scroll position. */
export const ListClosed: Story = {
  ...withList(async () => stored),
  async play(context) {
    const { canvas, userEvent } = context
    const list = await openList(context)
    await expect(list.getByRole('heading', { name: 'Conversations' })).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect(canvas.queryByRole('region', { name: 'Conversations' })).not.toBeInTheDocument()
    await expect(canvas.getByRole('button', { name: 'Conversations' })).toHaveFocus()
    // Escape does not end the call.
    await expect(canvas.getByRole('button', { name: 'End conversation' })).toBeVisible()
  },
}
