import type { ShareErrorCode } from './share-error.js'
import type { ShareRole } from './share-server.js'

/** All texts of the viewer of a share, for users. The transcript has the assistant's. */
export interface ShareTexts {
  /** Language of the texts, as a BCP 47 tag. */
  locale: string
  /** Accessible name, and heading of a share without a title. */
  title: string
  loading: string
  /** Permissions of the reader. */
  roles: Record<ShareRole, string>
  /** @param date Day and time, in the language of the texts. */
  expires: (date: string) => string
  comments: string
  noComments: string
  /** Follows the comments if some of them are damaged. */
  unreadableComments: (count: number) => string
  comment: string
  name: string
  send: string
  sent: string
  /** Stands for the name of an author who typed none. */
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
 * The English texts. Pass your own ones to the viewer, for another language.
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
    'share-link-invalid': 'The link is incomplete. Copy all of it, or ask for it again.',
    'share-locked':
      'The key of this conversation is missing. Open the whole link again, or ask for it again.',
    'share-key-wrong': 'This conversation was shared with another person or another browser.',
    'share-missing': 'There is no such conversation, or it was deleted long ago. Ask for a new link.',
    'share-expired': 'The time in which it could be read is over. Ask for a new link.',
    'share-revoked': 'Its owner has stopped sharing it.',
    'share-refused': 'You may not do this with this conversation. Ask its owner for another link.',
    'share-full': 'There is no space left. Try again later.',
    'share-unreadable': 'The link is wrong, or the conversation was changed on its way. Ask for a new link.',
    'share-newer': 'It was shared with a newer version of this app. Reload to get that version.',
    'share-unreachable': 'There was no answer. Check your internet connection, then try again.',
  },
}
