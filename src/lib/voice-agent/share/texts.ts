import type { ShareErrorCode } from './share-error.js'
import type { ShareRole } from './share-server.js'

/** All user-facing texts of the share viewer. The transcript uses the assistant's texts. */
export interface ShareTexts {
  /** Language of the texts, as a BCP 47 tag. */
  locale: string
  /** Accessible name, and heading of a share without a title. */
  title: string
  loading: string
  /** Permissions of the reader. */
  roles: Record<ShareRole, string>
  /** @param date Day and time, in the texts' language. */
  expires: (date: string) => string
  comments: string
  noComments: string
  /** Shown after the comments if some of them are damaged. */
  unreadableComments: (count: number) => string
  comment: string
  name: string
  send: string
  sent: string
  /** Replaces the name of an author who typed none. */
  unnamed: string
  continue: string
  continuing: string
  continueFailed: string
  /** Heading of an error. */
  notShown: string
  tryAgain: string
  errors: Record<ShareErrorCode, string>
}

/**
 * The English texts. For another language, pass your own to the viewer.
 *
 * @example
 * const text = error instanceof ShareError ? defaultShareTexts.errors[error.code] : defaultShareTexts.notShown
 */
export const defaultShareTexts: ShareTexts = {
  locale: 'en',
  title: 'Shared conversation',
  loading: 'Opening the conversation…',
  roles: {
    view: 'You can read this copy of a conversation.',
    comment: 'You can read this copy of a conversation and comment on it.',
    continue: 'You can read this copy of a conversation, comment on it, and continue it as your own.',
  },
  expires: (date) => `Available until ${date}.`,
  comments: 'Comments',
  noComments: 'There are no comments yet.',
  unreadableComments: (count) =>
    count === 1 ? "1 comment can't be shown." : `${count} comments can't be shown.`,
  comment: 'Comment',
  name: 'Your name (optional)',
  send: 'Add comment',
  sent: 'Your comment was added.',
  unnamed: 'No name',
  continue: 'Continue as my own',
  continuing: 'One moment…',
  continueFailed: "The conversation couldn't be continued. Nothing was changed. Try again.",
  notShown: "This conversation can't be shown",
  tryAgain: 'Try again',
  errors: {
    'share-unsupported':
      "This browser or this page can't open shared conversations. Update the browser, or use another one.",
    'share-empty': 'There is nothing to share yet.',
    'share-too-large': 'This is too long. Shorten it, then try again.',
    'share-link-invalid': 'The link is incomplete. Copy the whole link, or ask for it again.',
    'share-locked':
      'The key to this conversation is missing. Open the whole link again, or ask for it again.',
    'share-key-wrong': 'This conversation was shared with another person or another browser.',
    'share-missing': "This conversation doesn't exist, or it was deleted long ago. Ask for a new link.",
    'share-expired': 'This conversation is no longer available. Ask for a new link.',
    'share-revoked': 'Its owner has stopped sharing it.',
    'share-refused': "This link doesn't let you do that. Ask the owner for another link.",
    'share-full': 'There is no space left. Try again later.',
    'share-unreadable': 'The link is wrong, or the conversation was altered. Ask for a new link.',
    'share-newer': 'It was shared with a newer version of this app. Reload to get that version.',
    'share-unreachable': 'There was no response. Check your internet connection, then try again.',
  },
}
