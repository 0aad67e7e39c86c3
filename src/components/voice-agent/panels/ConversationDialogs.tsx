import { ConfirmDialog } from './ConfirmDialog.js'
import { PassphraseDialog } from './PassphraseDialog.js'
import { exportToFile, importFromFile } from './transfer.js'
import { usePanelView } from './view.js'

/** A question that the list asks the user in a dialog. */
export type ConversationQuestion = { about: 'delete' | 'export'; sessionId: string } | { about: 'import' }

interface ConversationDialogsProps {
  /** Null for no dialog. */
  question: ConversationQuestion | null
  /** Added to the question before deleting. */
  consequence: string
  onDelete: (sessionId: string) => void
  /** Called with a success message. */
  onDone: (text: string) => void
  onClose: () => void
}

/** The dialogs over the list: to confirm a deletion, and to ask for a file's passphrase. */
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
