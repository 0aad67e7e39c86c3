import { type FormEvent, useRef, useState } from 'react'
import { MAX_COMMENT_LENGTH, MAX_NAME_LENGTH } from '../../../lib/voice-agent/share/comments.js'
import type { OpenedShare, ShareTexts } from '../../../lib/voice-agent/share/index.js'
import { canComment } from '../../../lib/voice-agent/share/share-server.js'
import { getTimeFormat } from '../format/times.js'
import type { SharedConversationFlow } from './useSharedConversation.js'

interface CommentsProps {
  flow: SharedConversationFlow
  share: OpenedShare
  texts: ShareTexts
}

/** The comments on a share, and the form that adds one. */
export function Comments({ flow, share, texts }: CommentsProps) {
  const { comments } = flow
  const { unreadableComments: unreadable } = share
  const isOpen = canComment(share.role)
  if (!isOpen && comments.length + unreadable === 0) return null
  return (
    <div data-rva-part="comments">
      <h3 data-rva-part="comments-title">{texts.comments}</h3>
      {comments.length > 0 && <CommentList comments={comments} texts={texts} />}
      {comments.length + unreadable === 0 && <p data-rva-part="comments-note">{texts.noComments}</p>}
      {unreadable > 0 && <p data-rva-part="comments-note">{texts.unreadableComments(unreadable)}</p>}
      {isOpen && <CommentForm flow={flow} texts={texts} />}
    </div>
  )
}

function CommentList({ comments, texts }: Pick<SharedConversationFlow, 'comments'> & { texts: ShareTexts }) {
  const { date, time } = getTimeFormat(texts.locale)
  return (
    <ol data-rva-part="comments-list">
      {comments.map(({ id, text, author, createdAt }) => (
        <li key={id} data-rva-part="comment">
          <p data-rva-part="comment-by">
            <bdi>{author ?? texts.unnamed}</bdi>{' '}
            <time dateTime={new Date(createdAt).toISOString()}>
              {date(createdAt)}, {time(createdAt)}
            </time>
          </p>
          <p data-rva-part="comment-text" dir="auto">
            {text}
          </p>
        </li>
      ))}
    </ol>
  )
}

function CommentForm({ flow, texts }: { flow: SharedConversationFlow; texts: ShareTexts }) {
  const [text, setText] = useState('')
  const [author, setAuthor] = useState('')
  const [isBusy, setIsBusy] = useState(false)
  const [isSent, setIsSent] = useState(false)
  // Two clicks may arrive before the next render.
  const isRunning = useRef(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isRunning.current || text.trim() === '') return
    isRunning.current = true
    setIsBusy(true)
    setIsSent(false)
    const isStored = await flow.comment(text, author)
    isRunning.current = false
    setIsBusy(false)
    setIsSent(isStored)
    // The user may have typed more meanwhile.
    if (isStored) setText((typed) => (typed === text ? '' : typed))
  }
  return (
    <form data-rva-part="comment-form" onSubmit={(event) => void submit(event)} autoComplete="off">
      <label data-rva-part="dialog-field">
        {texts.comment}
        <textarea
          data-rva-part="dialog-input"
          dir="auto"
          rows={2}
          maxLength={MAX_COMMENT_LENGTH}
          value={text}
          onChange={({ target }) => {
            setText(target.value)
            setIsSent(false)
          }}
        />
      </label>
      <label data-rva-part="dialog-field">
        {texts.name}
        <input
          data-rva-part="dialog-input"
          type="text"
          dir="auto"
          maxLength={MAX_NAME_LENGTH}
          value={author}
          onChange={({ target }) => setAuthor(target.value)}
        />
      </label>
      <div data-rva-part="dialog-actions">
        <span data-rva-part="comments-note" role="status">
          {isSent ? texts.sent : ''}
        </span>
        <button
          type="submit"
          data-rva-part="dialog-confirm"
          data-tone="accent"
          aria-disabled={isBusy || text.trim() === '' || undefined}
          aria-busy={isBusy || undefined}
        >
          {texts.send}
        </button>
      </div>
    </form>
  )
}
