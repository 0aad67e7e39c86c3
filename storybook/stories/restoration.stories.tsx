import {
  type Message,
  type RestoreReason,
  type StorageStatus,
  VoiceAgentError,
  type VoiceErrorCode,
} from 'redux-voice-agent'
import { expect, spyOn, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { agentBegins, agentEnds, earlier, rehydrate, userSays } from '../script.js'

export default { ...assistant, title: 'Assistant/Restoration and storage' }

const settle = (
  { dispatch, actions }: Scenario,
  reason: RestoreReason | null,
  agent: 'none' | 'resumed' | 'reseeded' | 'fresh',
) => dispatch(actions.restoreSettled({ conversation: 'restored', agent, reason }))

export const Restoring: Story = {
  ...scene(
    ({ dispatch, actions }) => void dispatch(actions.restorePhaseChanged({ phase: 'loading-session' })),
  ),
  async play({ canvas }) {
    await waitFor(() => expect(canvas.getByText('Restoring your conversation…')).toBeVisible())
  },
}

let microphoneAsked: unknown

/** The conversation is complete, and the microphone was not requested. */
export const RestoredIdle: Story = {
  ...scene((scenario) => {
    microphoneAsked = spyOn(navigator.mediaDevices, 'getUserMedia')
    rehydrate(scenario)
    settle(scenario, 'microphone-not-permitted', 'none')
  }),
  async play({ canvas }) {
    await expect(canvas.getByText(/Conversation restored/)).toBeVisible()
    for (const article of canvas.getAllByRole('article'))
      await expect(article).toHaveAttribute('data-restored', 'true')
    await expect(canvas.getByRole('button', { name: 'Continue conversation' })).toBeVisible()
    await expect(microphoneAsked).not.toHaveBeenCalled()
  },
}

const restoredCall = (agent: 'resumed' | 'reseeded' | 'fresh') =>
  scene(
    async (scenario) => {
      rehydrate(scenario)
      scenario.dispatch(scenario.actions.restorePhaseChanged({ phase: 'reconnecting' }))
      await scenario.call()
      settle(scenario, null, agent)
      userSays(scenario, 'Where were we?')
      agentBegins(scenario, 'turn', 'At the salt cellar. Shall I put it in your cart?')
      agentEnds(scenario, 'turn')
    },
    () => agent,
  )

export const RestoredResumed: Story = {
  ...restoredCall('resumed'),
  async play({ canvas }) {
    await expect(canvas.getByText(/The agent picks up where you left off\./)).toBeVisible()
    await expect(canvas.getAllByRole('article')[4]).not.toHaveAttribute('data-restored')
  },
}
export const RestoredReseeded: Story = { ...restoredCall('reseeded') }
export const RestoredFresh: Story = { ...restoredCall('fresh') }

/** The page was closed during an answer. */
export const RestoredMidTurn: Story = {
  ...scene((scenario) => {
    const messages = earlier()
    const last = messages.at(-1)
    if (last) Object.assign(last, { text: 'The Birch salt cellar, then: one piece of', status: 'streaming' })
    rehydrate(scenario, messages)
    settle(scenario, 'call-had-ended', 'none')
  }),
  async play({ canvas }) {
    await expect(canvas.getAllByRole('article').at(-1)).toHaveAttribute('data-status', 'interrupted')
  },
}

const unsent = 'Is the Birch salt cellar also there with a lid? I would like to give it to someone who'

const restoredUnfinished = (draft: string) =>
  scene((scenario) => {
    const cutOff: Message = {
      id: 'cut-off',
      role: 'user',
      text: 'And do you have it in a darker',
      status: 'streaming',
      createdAt: storyTime - 590_000,
    }
    rehydrate(scenario, [...earlier(), cutOff], 0, [], { draft })
    settle(scenario, 'microphone-not-permitted', 'none')
  })

/** The page was closed while the user was typing: the text is in the composer, the caret at its end, and nothing took focus. */
export const RestoredDraft: Story = {
  ...scene((scenario) => {
    rehydrate(scenario, earlier(), 0, [], { draft: unsent })
    settle(scenario, 'microphone-not-permitted', 'none')
  }),
  async play({ canvas }) {
    const field = canvas.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message' })
    await expect(field).toHaveValue(unsent)
    await expect(document.body).toHaveFocus()
    await expect(field.selectionStart).toBe(unsent.length)
    await expect(canvas.getByText('Start or continue the conversation to send a message.')).toBeVisible()
  },
}

/** The page was closed while the user was speaking: the words heard so far are an interrupted message. */
export const RestoredWords: Story = {
  ...restoredUnfinished(''),
  async play({ canvas }) {
    const last = canvas.getAllByRole('article').at(-1)
    await expect(last).toHaveTextContent('And do you have it in a darker')
    await expect(last).toHaveAttribute('data-status', 'interrupted')
    await expect(last).toHaveAttribute('data-role', 'user')
    await expect(last).toHaveAttribute('data-restored', 'true')
    await expect(canvas.getByRole('textbox', { name: 'Message' })).toHaveValue('')
  },
}

export const RestoredUnfinishedDark: Story = { ...restoredUnfinished(unsent), globals: { theme: 'dark' } }

/** 320 px wide, with a draft of many lines, which scrolls in its field. */
export const RestoredUnfinishedNarrow: Story = {
  ...restoredUnfinished(`${unsent} `.repeat(8)),
  parameters: { width: 320 },
  async play({ canvas, canvasElement }) {
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await expect(field.clientHeight).toBeLessThan(field.scrollHeight)
    const root = canvasElement.querySelector('[data-rva-part=root]') as HTMLElement
    await expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth)
    await expect(canvas.getByRole('button', { name: 'Send' })).toBeVisible()
  },
}

/** A stored segment is damaged. The other messages are restored, and a notice reports the loss. */
export const RestoredPartial: Story = {
  ...scene((scenario) => {
    const { dispatch, actions } = scenario
    rehydrate(scenario, earlier(4), 64, [{ from: 0, count: 64 }])
    dispatch(actions.restoreSettled({ conversation: 'restored', agent: 'none', reason: 'call-had-ended' }))
  }),
  async play({ canvas }) {
    await expect(
      await canvas.findByText("64 earlier messages can't be read. The rest of the conversation is complete."),
    ).toBeVisible()
    await expect(canvas.queryByRole('button', { name: 'Load earlier messages' })).not.toBeInTheDocument()
  },
}

/** Only the newest messages are loaded. Loading earlier ones does not move the text that the user is reading. */
export const EarlierStored: Story = {
  ...scene((scenario) => {
    rehydrate(scenario, earlier(40).slice(20), 20)
    settle(scenario, 'call-had-ended', 'none')
  }),
  async play(context) {
    const { canvas, canvasElement, userEvent } = context
    const { dispatch, actions } = getScenario(context)
    const viewport = canvasElement.querySelector('[data-rva-part=viewport]') as HTMLElement
    viewport.scrollTop = 0
    await waitFor(() => expect(viewport).toHaveAttribute('data-at-end', 'false'))
    await userEvent.click(canvas.getByRole('button', { name: 'Load earlier messages' }))
    const [first] = canvas.getAllByRole('article')
    const before = first?.getBoundingClientRect().bottom ?? 0
    dispatch(actions.earlierMessagesLoaded({ messages: earlier(40).slice(10, 20), firstLoadedIndex: 10 }))
    await waitFor(() => expect(canvas.getAllByRole('article')).toHaveLength(30))
    await expect(Math.abs((first?.getBoundingClientRect().bottom ?? 0) - before)).toBeLessThanOrEqual(1)
  },
}

const notRestored = (reason: RestoreReason, code?: VoiceErrorCode) =>
  scene(({ dispatch, actions }) => {
    const error = code === undefined ? {} : { error: toError(code) }
    dispatch(actions.restoreSettled({ conversation: 'failed', agent: 'none', reason, ...error }))
  })

function toError(code: VoiceErrorCode) {
  const { message, recoverable } = new VoiceAgentError(code)
  return { code, message, recoverable }
}

export const KeyLost: Story = {
  ...notRestored('session-unreadable'),
  async play({ canvas }) {
    await expect(canvas.getByText(/can't be opened in this tab\. It is damaged/)).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Start conversation' })).toBeVisible()
  },
}
/** A reload helps, and the text says so: nothing is damaged. */
export const SavedByNewerApp: Story = {
  ...notRestored('session-unreadable', 'session-newer'),
  async play({ canvas }) {
    await expect(canvas.getByText(/newer version of this app.*Reload to update/)).toBeVisible()
    await expect(canvas.queryByText(/damaged/)).not.toBeInTheDocument()
  },
}
export const DuplicatedTab: Story = { ...notRestored('open-in-another-tab') }
/** The conversation is shown without a token, and the call comes back as soon as there is one. */
export const AccessNotRenewed: Story = {
  ...scene((scenario) => {
    rehydrate(scenario)
    scenario.dispatch(scenario.actions.callBegan({ isRestored: true }))
    scenario.dispatch(
      scenario.actions.reconnectScheduled({
        attempt: 1,
        maxAttempts: 25,
        delayMs: 4_000,
        nextRetryAt: storyTime + 4_000,
      }),
    )
    scenario.dispatch(
      scenario.actions.restoreSettled({
        conversation: 'restored',
        agent: 'none',
        reason: 'token-refresh-failed',
      }),
    )
  }),
  async play({ canvas }) {
    await expect(canvas.getAllByRole('article')).toHaveLength(4)
    await expect(canvas.getByText(/Retrying in 4 s/)).toBeVisible()
  },
}

const restoredWith = (code: VoiceErrorCode) =>
  scene((scenario) => {
    rehydrate(scenario)
    const settled = { conversation: 'restored', agent: 'none', reason: null, error: toError(code) } as const
    scenario.dispatch(scenario.actions.restoreSettled(settled))
  })

/** Only an older copy of the conversation is stored. */
export const OlderCopy: Story = {
  ...restoredWith('session-rolled-back'),
  async play({ canvas }) {
    await expect(canvas.getByText(/an older copy/)).toBeVisible()
    await expect(canvas.getAllByRole('article')).toHaveLength(4)
  },
}

/** Another tab continued the conversation without this tab's last messages, which were saved as a separate conversation. */
export const RecoveredCopy: Story = {
  ...restoredWith('session-recovered'),
  async play({ canvas }) {
    await expect(canvas.getByText(/continued in another tab/)).toBeVisible()
    await expect(canvas.getAllByRole('article')).toHaveLength(4)
  },
}

const withStorage = (storage: StorageStatus, code: VoiceErrorCode) =>
  scene(async (scenario) => {
    await scenario.call()
    scenario.dispatch(scenario.actions.storageStatusChanged({ storage, error: toError(code) }))
  })

export const StorageUnavailable: Story = { ...withStorage('memory', 'storage-unavailable') }
export const SavesFail: Story = { ...withStorage('degraded', 'storage-write-failed') }
export const KeyUnavailable: Story = {
  ...withStorage('degraded', 'key-unavailable'),
  async play({ canvas }) {
    await expect(
      canvas.getByText(/^The key to the conversations in this browser isn't available right now/),
    ).toBeVisible()
  },
}
/** *Load earlier messages* failed. */
export const EarlierUnreadable: Story = {
  ...withStorage('persistent', 'session-unreadable'),
  async play({ canvas }) {
    await expect(canvas.getByText(/can't be opened in this tab\. It was left unchanged\./)).toBeVisible()
  },
}
export const QuotaFull: Story = { ...withStorage('degraded', 'storage-quota') }
