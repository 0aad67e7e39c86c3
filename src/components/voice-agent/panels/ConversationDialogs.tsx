import { ConfirmDialog } from './ConfirmDialog.js'
import { PassphraseDialog } from './PassphraseDialog.js'
import { exportToFile, importFromFile } from './transfer.js'
import { usePanelView } from './view.js'

/** A question of the list to the user, which a dialog asks. */
export type ConversationQuestion = { about: 'delete' | 'export'; sessionId: string } | { about: 'import' }

interface ConversationDialogsProps {
  /** Null for no dialog. */
  question: ConversationQuestion | null
  /** Added to the question before deleting. */
  consequence: string
  onDelete: (sessionId: string) => void
  /** Called with the text of a success. */
  onDone: (text: string) => void
  onClose: () => void
}

/** The dialog over the list of conversations: before deleting one, and for the passphrase of a file. */
export function ConversationDialogs({
  question,
  consequence,
  onDelete,
  onDone,
  onClose,
}: ConversationDialogsProps) {
  const { texts, source } = usePanelView()
  if (question === null) return null
  if (question.about === 'delete')
    return (
      <ConfirmDialog
        title={texts.deleteQuestion}
        text={`${texts.deleteMeans} ${consequence}`.trim()}
        confirm={texts.delete}
        onConfirm={() => onDelete(question.sessionId)}
        onClose={onClose}
      />
    )
  if (question.about === 'export')
    return (
      <PassphraseDialog
        title={texts.exportQuestion}
        text={texts.exportMeans}
        confirm={texts.exportConfirm}
        hasFile={false}
        onSubmit={async (passphrase) => {
          const failure = await exportToFile(source.agent, texts, question.sessionId, passphrase)
          if (failure === null) onDone(texts.conversationExported)
          return failure
        }}
        onClose={onClose}
      />
    )
  return (
    <PassphraseDialog
      title={texts.importConversation}
      text={texts.importMeans}
      confirm={texts.importConfirm}
      hasFile
      onSubmit={async (passphrase, file) => {
        const failure = file && (await importFromFile(source.agent, texts, file, passphrase))
        if (failure === null) onDone(texts.conversationImported)
        return failure
      }}
      onClose={onClose}
    />
  )
}
