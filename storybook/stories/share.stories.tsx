import type { Meta, StoryObj } from '@storybook/react-vite'
import type { Message } from 'redux-voice-agent'
import type { ShareErrorCode, ShareRole, UnwrapShareKey } from 'redux-voice-agent/share'
import { SharedConversation } from 'redux-voice-agent/share/react'
import { expect, waitFor } from 'storybook/test'
import { hostileTexts } from '../../tests/support/hostile-texts.js'
import { stopClock, storyTime } from '../clock.js'
import { textsOf } from '../locales/index.js'
import { shareTextsOf } from '../locales/share.js'
import { earlier } from '../script.js'
import { type ScriptedShares, shareScripted } from '../scripted-shares.js'

interface Scene {
  role?: ShareRole
  title?: string
  messages?: readonly Message[]
  comments?: [text: string, author?: string][]
  /** Error with which the server responds from the start. */
  fails?: ShareErrorCode
  /** Changes the link. */
  changeLink?: (link: string) => string
  keys?: UnwrapShareKey
  onContinue?: () => Promise<void>
  /** True if the server never responds. */
  isSlow?: boolean
}

const turns: readonly Message[] = [
  ...earlier(),
  {
    id: 'tool',
    role: 'tool',
    text: '',
    status: 'final',
    createdAt: earlier().at(-1)?.createdAt ?? 0,
    tool: { name: 'addToCart', arguments: { id: 'birch' }, status: 'completed', result: 'ok' },
  },
]
const title = 'A present for the kitchen'

const meta: Meta<Scene> = {
  title: 'Share',
  loaders: [
    async ({
      args: { messages = turns, title: heading = title, role = 'view', comments = [], ...scene },
    }) => {
      // The same dates in every run. The share is made before `beforeEach` of a story runs.
      stopClock()
      const shares = await shareScripted(messages, { role, title: heading, comments })
      if (scene.fails) shares.fails.code = scene.fails
      if (scene.isSlow) shares.server.get = () => new Promise<never>(() => {})
      return { shares, link: scene.changeLink?.(shares.link) ?? shares.link }
    },
  ],
  render: ({ keys, onContinue }, { globals, loaded }) => (
    <div style={{ blockSize: '40rem', padding: '1rem', boxSizing: 'border-box' }}>
      <SharedConversation
        server={loaded.shares.server}
        link={loaded.link}
        keys={keys}
        onContinue={onContinue}
        texts={shareTextsOf(globals.locale)}
        transcriptTexts={textsOf(globals.locale)}
        theme={globals.theme === 'dark' ? 'dark' : 'light'}
      />
    </div>
  ),
}
export default meta
type Story = StoryObj<Scene>
type Play = NonNullable<Story['play']>

/** Waits for the messages. */
const opened: Play = async ({ canvas }) => {
  await expect(await canvas.findByText(/Is it for the kitchen/)).toBeVisible()
}

/** Waits for an error. */
const failed =
  (code: ShareErrorCode): Play =>
  async ({ canvas, globals }) => {
    await waitFor(() =>
      expect(canvas.getByRole('alert')).toHaveTextContent(shareTextsOf(globals.locale).errors[code]),
    )
  }

export const Loading: Story = {
  args: { isSlow: true },
  play: async ({ canvas, globals }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent(shareTextsOf(globals.locale).loading)
  },
}

export const Open: Story = { play: opened }

export const OpenForComments: Story = {
  args: { role: 'comment' },
  play: async (context) => {
    await opened(context)
    const { canvas, userEvent, globals } = context
    const texts = shareTextsOf(globals.locale)
    await userEvent.type(canvas.getByLabelText(texts.comment), 'The salt cellar!')
    await userEvent.click(canvas.getByRole('button', { name: texts.send }))
    await waitFor(() => expect(canvas.getByRole('listitem')).toHaveTextContent('The salt cellar!'))
    await waitFor(() => expect(canvas.getByRole('status')).toHaveTextContent(texts.sent))
  },
}

export const WithComments: Story = {
  args: { role: 'comment', comments: [['I like the salt cellar.', 'Ada'], ['Me too.']] },
  play: async (context) => {
    await opened(context)
    const times = [...context.canvasElement.querySelectorAll('[data-rva-part=comment] time')]
    const written = new Date(storyTime).toISOString()
    await expect(times.map((time) => time.getAttribute('datetime'))).toEqual([written, written])
  },
}

export const ToContinue: Story = { args: { role: 'continue', onContinue: async () => {} }, play: opened }

export const NotContinued: Story = {
  args: { role: 'continue', onContinue: () => Promise.reject(new Error('The storage is locked.')) },
  play: async (context) => {
    await opened(context)
    const { canvas, userEvent, globals } = context
    const texts = shareTextsOf(globals.locale)
    await userEvent.click(canvas.getByRole('button', { name: texts.continue }))
    await waitFor(() => expect(canvas.getByRole('alert')).toHaveTextContent(texts.continueFailed))
  },
}

export const Locked: Story = {
  args: { changeLink: (link) => link.split('.').slice(0, -1).join('.') },
  play: failed('share-locked'),
}

export const NoLink: Story = { args: { changeLink: () => '' }, play: failed('share-locked') }

export const DamagedLink: Story = {
  args: { changeLink: (link) => link.slice(0, -3) },
  play: failed('share-link-invalid'),
}

export const Expired: Story = { args: { fails: 'share-expired' }, play: failed('share-expired') }

export const Revoked: Story = { args: { fails: 'share-revoked' }, play: failed('share-revoked') }

export const NotFound: Story = { args: { fails: 'share-missing' }, play: failed('share-missing') }

export const Unreadable: Story = {
  args: { changeLink: (link) => link.replace(/\.[\w-]{43}$/, `.${'A'.repeat(43)}`) },
  play: failed('share-unreadable'),
}

export const Newer: Story = { args: { fails: 'share-newer' }, play: failed('share-newer') }

export const Offline: Story = {
  args: { fails: 'share-unreachable' },
  play: async (context) => {
    await failed('share-unreachable')(context)
    const { canvas, userEvent, globals, loaded } = context
    ;(loaded.shares as ScriptedShares).fails.code = null
    await userEvent.click(canvas.getByRole('button', { name: shareTextsOf(globals.locale).tryAgain }))
    await opened(context)
  },
}

/** Sends a comment that the server rejects with an error. */
const commentFails =
  (code: ShareErrorCode): Play =>
  async (context) => {
    await opened(context)
    const { canvas, userEvent, globals, loaded } = context
    const texts = shareTextsOf(globals.locale)
    ;(loaded.shares as ScriptedShares).fails.code = code
    await userEvent.type(canvas.getByLabelText(texts.comment), 'Hello?')
    await userEvent.click(canvas.getByRole('button', { name: texts.send }))
    await failed(code)(context)
  }

/** The server is unreachable when a comment is sent. The messages stay. */
export const OfflineWhileOpen: Story = {
  args: { role: 'comment' },
  play: async (context) => {
    await commentFails('share-unreachable')(context)
    const { canvas, globals } = context
    await expect(canvas.getByLabelText(shareTextsOf(globals.locale).comment)).toHaveValue('Hello?')
    await opened(context)
  },
}

/** The messages leave the page once a request reports the revocation. */
export const RevokedWhileOpen: Story = {
  args: { role: 'comment' },
  play: async (context) => {
    await commentFails('share-revoked')(context)
    await expect(context.canvas.queryByText(/Is it for the kitchen/)).toBeNull()
  },
}

/** Markup, control characters and bidirectional text in every field show up as plain text. */
export const HostileTexts: Story = {
  args: {
    role: 'comment',
    title: hostileTexts[2] ?? '',
    messages: hostileTexts
      .filter((text) => text.trim() !== '' && text.length < 500)
      .map((text, index) => ({ id: String(index), role: 'user', text, status: 'final', createdAt: index })),
    comments: [[hostileTexts[3] ?? '', hostileTexts[6] ?? '']],
  },
  play: async ({ canvas }) => {
    await canvas.findByText(/DROP TABLE/)
    await expect((globalThis as { hostile?: number }).hostile).toBeUndefined()
  },
}
