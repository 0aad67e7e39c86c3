import { type Message, type ReadOnlySnapshot, VoiceAgentError } from 'redux-voice-agent'
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

const titles = new Map([
  ['morning', 'Which kettle is the quietest?'],
  [
    'week',
    'I am looking for a present for someone who has just moved, for the kitchen or for the living room, not…',
  ],
])

/** Replaces the stored conversations, because a story stores nothing. Tests list and delete with real storage. */
function listing({ voiceAgent: { sessionManager } }: Scenario, list: () => Promise<typeof stored>) {
  sessionManager.listSessions = list
  sessionManager.readTitles = async () => titles
  sessionManager.search = async () => [
    { sessionId: 'morning', index: 10, message: snapshot.messages[0] as Message },
    {
      sessionId: 'week',
      index: 3,
      message: {
        id: 'w',
        role: 'assistant',
        text: 'Before I forget, and because you asked about presents for the kitchen: the Fell is our most popular kettle.',
        status: 'final',
        createdAt: storyTime - 121 * hour,
      },
    },
  ]
}

const snapshot = {
  messages: [
    {
      id: 'q',
      role: 'user',
      text: 'Which kettle is the quietest?',
      status: 'final',
      createdAt: storyTime - hour,
    },
    {
      id: 'a',
      role: 'assistant',
      text: 'The Hush 1.7, at 62 dB. It takes a minute longer to boil.',
      status: 'final',
      createdAt: storyTime - hour + 4000,
    },
  ],
  firstLoadedIndex: 10,
  hasEarlier: true,
  messageCount: 12,
  updatedAt: storyTime - hour,
  lost: [],
  isOpenElsewhere: true,
  error: null,
} satisfies ReadOnlySnapshot

/** Replaces the session that another tab has open. */
const withReadOnly = (shown: ReadOnlySnapshot) =>
  scene(async (scenario) => {
    listing(scenario, async () => stored)
    scenario.voiceAgent.sessionManager.openReadOnly = async (id) => ({
      id,
      get: () => shown,
      subscribe: () => () => {},
      loadEarlier: async () => {},
      close() {},
    })
    await scenario.call()
    smallTalk(scenario)
  })

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

/** The name of an earlier conversation is edited in its row. */
export const Renaming: Story = {
  ...withList(async () => stored),
  async play(context) {
    const list = await openList(context)
    await context.userEvent.click(
      list.getAllByRole('button', { name: /^Rename the conversation/ })[1] as HTMLElement,
    )
    await waitFor(() => expect(list.getByRole('textbox')).toHaveFocus())
  },
}

/** The name could not be saved. */
export const RenamingFailed: Story = {
  ...withList(async () => stored),
  async play(context) {
    getScenario(context).voiceAgent.sessionManager.renameSession = () => Promise.reject(new Error('full'))
    const list = await openList(context)
    await context.userEvent.click(
      list.getAllByRole('button', { name: /^Rename the conversation/ })[0] as HTMLElement,
    )
    await context.userEvent.keyboard('Presents{Enter}')
    await waitFor(() => expect(list.getByRole('alert')).toHaveTextContent(/couldn't be saved/))
  },
}

/** Messages of all conversations that contain what the user types. */
export const Search: Story = {
  ...withList(async () => stored),
  async play(context) {
    const list = await openList(context)
    await context.userEvent.type(list.getByRole('searchbox', { name: 'Search all conversations' }), 'kettle')
    await waitFor(() => expect(list.getAllByRole('listitem')).toHaveLength(2))
    await expect(list.getByText('2 messages')).toHaveAttribute('role', 'status')
  },
}

export const SearchWithoutResult: Story = {
  ...withList(async () => stored),
  async play(context) {
    getScenario(context).voiceAgent.sessionManager.search = async () => []
    const list = await openList(context)
    await context.userEvent.type(list.getByRole('searchbox'), 'teapot')
    await list.findByText('No messages found.')
  },
}

/** A new conversation would end the call. */
export const NewConversationDuringCall: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async play({ canvas, userEvent }) {
    await userEvent.click(canvas.getByRole('button', { name: 'New conversation' }))
    const question = within(await canvas.findByRole('alertdialog', { name: 'Start a new conversation?' }))
    await expect(question.getByRole('button', { name: 'Cancel' })).toHaveFocus()
  },
}

export const EarlierConversations: Story = {
  ...withList(async () => stored),
  async play(context) {
    const list = await openList(context)
    await waitFor(() => expect(list.getAllByRole('listitem')).toHaveLength(3))
    const [elsewhere, other] = list.getAllByRole('listitem')
    await expect(elsewhere).toHaveTextContent(/open in another tab$/)
    await expect(elsewhere).toHaveTextContent(/^Which kettle is the quietest\?/)
    // One whose first words can't be read.
    await expect(other).toHaveTextContent(/^Yesterday, .*1 message$/)
    // The call continues, and the button that ends it stays visible.
    await expect(context.canvas.getByRole('button', { name: 'End conversation' })).toBeVisible()
  },
}

export const NoneStored: Story = {
  ...withList(async () => []),
  async play(context) {
    const list = await openList(context)
    await expect(await list.findByText('No earlier conversations in this browser.')).toBeVisible()
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
    await expect(context.canvas.getByRole('alertdialog')).toHaveAccessibleDescription(
      /This also ends the call\.$/,
    )
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

async function openReadOnly(context: Context) {
  const list = await openList(context)
  const [elsewhere] = await list.findAllByRole('listitem')
  if (elsewhere) await context.userEvent.click(within(elsewhere).getAllByRole('button')[0] as HTMLElement)
  return list
}

/** Open in another tab: the conversation can be read, and a note says how to continue it here. */
export const ReadOnly: Story = {
  ...withReadOnly(snapshot),
  async play(context) {
    const list = await openReadOnly(context)
    await waitFor(() => expect(list.getAllByRole('article')).toHaveLength(2))
    await expect(list.getByRole('status')).toHaveTextContent(/close it there\.$/)
    await expect(list.queryByRole('button', { name: 'Open it here' })).not.toBeInTheDocument()
  },
}

export const ReadOnlyReleased: Story = {
  ...withReadOnly({ ...snapshot, isOpenElsewhere: false }),
  async play(context) {
    const list = await openReadOnly(context)
    await expect(await list.findByRole('button', { name: 'Open it here' })).toBeVisible()
  },
}

/** The list is paginated. */
export const ManyConversations: Story = {
  ...withList(async () =>
    Array.from({ length: 30 }, (_, index) => ({
      id: `conversation-${index}`,
      tabId: 'tab',
      createdAt: storyTime - (index + 2) * hour,
      updatedAt: storyTime - (index + 1) * hour,
      messageCount: index + 1,
      isOpenElsewhere: false,
    })),
  ),
  async play(context) {
    const list = await openList(context)
    await waitFor(() => expect(list.getAllByRole('listitem')).toHaveLength(20))
    await context.userEvent.click(list.getByRole('button', { name: 'Show more conversations' }))
    await waitFor(() => expect(list.getAllByRole('listitem')).toHaveLength(30))
  },
}

export const SaveAsFile: Story = {
  ...withList(async () => stored),
  async play(context) {
    const list = await openList(context)
    await context.userEvent.click(list.getByRole('button', { name: 'Save this conversation as a file' }))
    const dialog = within(context.canvas.getByRole('dialog', { name: 'Save as a file' }))
    await expect(dialog.getByLabelText('Passphrase')).toHaveFocus()
  },
}

export const WrongPassphrase: Story = {
  ...scene(async (scenario) => {
    listing(scenario, async () => stored)
    scenario.voiceAgent.sessionManager.importSession = async () => {
      throw new VoiceAgentError(
        'passphrase-wrong',
        "The passphrase doesn't open this file. Nothing was changed. Check it and try again.",
      )
    }
    await scenario.call()
    smallTalk(scenario)
  }),
  async play(context) {
    const { canvas, userEvent } = context
    const list = await openList(context)
    await userEvent.click(list.getByRole('button', { name: 'Add a conversation from a file' }))
    const dialog = within(canvas.getByRole('dialog', { name: 'Add a conversation from a file' }))
    await userEvent.upload(dialog.getByLabelText('File'), new File(['x'], 'conversation.rva'))
    await userEvent.type(dialog.getByLabelText('Passphrase'), 'guess{Enter}')
    await waitFor(() => expect(dialog.getByRole('alert')).toHaveTextContent(/doesn't open this file/))
  },
}

export const StorageAlmostFull: Story = {
  ...scene(async (scenario) => {
    listing(scenario, async () => stored)
    scenario.voiceAgent.sessionManager.storageUsage = async () => ({
      sessions: [],
      totalBytes: 0,
      usedBytes: 57_000_000,
      quotaBytes: 60_000_000,
      isPersisted: false,
    })
    await scenario.call()
    smallTalk(scenario)
  }),
  async play(context) {
    const list = await openList(context)
    await expect(await list.findByText(/storage is 95% full/)).toBeVisible()
  },
}
