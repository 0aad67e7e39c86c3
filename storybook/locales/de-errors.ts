import type { VoiceAssistantTexts } from 'redux-voice-agent/react'

const brokenPage =
  'Diese Seite funktioniert nicht, wie sie soll. Laden Sie sie neu, oder versuchen Sie es später.'
const signInFailed = 'Die Anmeldung beim Assistenten ist fehlgeschlagen. Versuchen Sie es noch einmal.'
const networkBlocked =
  'Aus diesem Netz kommt das Gespräch gerade nicht durch. Versuchen Sie es noch einmal, oder wechseln Sie das Netz.'

/** German text of each error code. */
export const deErrors: VoiceAssistantTexts['errors'] = {
  'microphone-denied':
    'Das Mikrofon ist gesperrt. Erlauben Sie es in den Einstellungen des Browsers für diese Seite. Bis dahin können Sie tippen.',
  'microphone-dismissed':
    'Das Mikrofon ist nicht erlaubt. Versuchen Sie es noch einmal, und wählen Sie „Zulassen“, oder tippen Sie.',
  'microphone-denied-by-system':
    'Ihr System sperrt das Mikrofon für diesen Browser. Erlauben Sie es in den Datenschutzeinstellungen, oder tippen Sie.',
  'microphone-denied-by-policy': 'Diese Seite darf kein Mikrofon verwenden. Sie können tippen.',
  'microphone-missing': 'Kein Mikrofon gefunden. Schließen Sie eines an, oder tippen Sie.',
  'microphone-busy': 'Ein anderes Programm verwendet das Mikrofon. Schließen Sie es, oder tippen Sie.',
  'microphone-overconstrained':
    'Ihr Mikrofon kann nicht, was diese Seite braucht. Wählen Sie ein anderes, oder tippen Sie.',
  'microphone-unsupported':
    'Diese Seite oder dieser Browser kann kein Mikrofon verwenden. Sie können tippen.',
  'microphone-ended': 'Das Mikrofon wurde getrennt. Schließen Sie es wieder an, oder tippen Sie.',
  'microphone-muted-by-system':
    'Ihr System oder ein Schalter am Gerät hat das Mikrofon stummgeschaltet. Schalten Sie es dort ein, oder tippen Sie.',
  'token-refresh-failed': signInFailed,
  'token-malformed': 'Keine Verbindung. Versuchen Sie es später noch einmal.',
  'token-expired':
    'Ihre Anmeldung ist abgelaufen. Versuchen Sie es noch einmal, oder beginnen Sie ein neues Gespräch.',
  unauthorized: signInFailed,
  'signalling-rejected':
    'Der Assistent hat das Gespräch nicht angenommen. Versuchen Sie es später noch einmal.',
  'signalling-unavailable': 'Keine Verbindung. Versuchen Sie es noch einmal.',
  'agent-unreachable': 'Der Assistent hat nicht geantwortet. Versuchen Sie es noch einmal.',
  'relay-refused': networkBlocked,
  'relay-unreachable': networkBlocked,
  'webrtc-unsupported':
    'Dieser Browser kann keine Gespräche führen. Schalten Sie WebRTC in seinen Einstellungen ein, oder nehmen Sie einen anderen.',
  'agent-error': 'Der Assistent hat einen Fehler gemeldet. Versuchen Sie es noch einmal.',
  'protocol-error': 'Eine Nachricht des Assistenten war nicht lesbar. Das Gespräch geht weiter.',
  'context-not-built': 'Der Assistent kennt vielleicht nicht das ganze Gespräch. Es geht weiter.',
  'text-too-long': 'Dieser Text ist zu lang. Kürzen Sie ihn, oder senden Sie ihn in Teilen.',
  'connection-lost': 'Die Verbindung ist abgebrochen. Versuchen Sie es noch einmal.',
  'call-moved': 'Dieses Gespräch geht auf einem anderen Gerät weiter.',
  'reconnect-exhausted': 'Die Verbindung kam nicht wieder zustande. Versuchen Sie es noch einmal.',
  'session-unreadable':
    'Das frühere Gespräch lässt sich in diesem Tab nicht öffnen. Es wurde nicht verändert. Sie können ein neues beginnen.',
  'session-newer':
    'Dieses Gespräch hat eine neuere Version dieser App gespeichert. Es wurde nicht verändert. Laden Sie die Seite neu, um sie zu erhalten.',
  'session-missing':
    'Dieses Gespräch ist in diesem Browser nicht mehr gespeichert. Sie können ein neues beginnen.',
  'session-open-elsewhere':
    'Dieses Gespräch ist in einem anderen Tab offen. Schließen Sie es dort, und versuchen Sie es noch einmal.',
  'session-exists': 'Dieses Gespräch ist in diesem Browser schon gespeichert. Es wurde nicht verändert.',
  'session-recovered':
    'Dieses Gespräch wurde in einem anderen Tab fortgesetzt. Die letzten Nachrichten dieses Tabs sind ein eigenes.',
  'session-rolled-back':
    'Die letzten Nachrichten fehlen: Dieser Browser hat nur eine ältere Kopie des Gesprächs.',
  'tab-unreachable':
    'Der Tab mit diesem Gespräch hat nicht geantwortet. Versuchen Sie es noch einmal oder nutzen Sie es hier.',
  'session-busy':
    'Dieses Gespräch ändert sich zu schnell für eine Datei. Versuchen Sie es nach dem Gespräch noch einmal.',
  'value-unreadable':
    'Daten dieser Seite, die in diesem Browser gespeichert sind, lassen sich nicht öffnen. Sie wurden nicht verändert. Laden Sie die Seite neu.',
  'value-rolled-back': 'Dieser Browser hat nur eine ältere Kopie von Daten dieser Seite. Sie wird verwendet.',
  'key-unavailable':
    'Der Schlüssel zu den Gesprächen in diesem Browser ist gerade nicht da. Laden Sie die Seite neu.',
  'key-wrong':
    'Die Gespräche in diesem Browser gehören zu einem anderen Schlüssel oder Kennwort. Sie wurden nicht verändert. Prüfen Sie Ihr Kennwort, oder melden Sie sich neu an.',
  'storage-unavailable': 'Nachrichten überstehen kein Neuladen.',
  'storage-unreachable':
    'Die gespeicherten Gespräche sind gerade nicht erreichbar. Versuchen Sie es noch einmal, oder laden Sie die Seite neu.',
  'storage-newer':
    'Eine neuere Version dieser App ist in einem anderen Tab offen. Laden Sie diese Seite neu: Bis dahin werden Nachrichten nicht gespeichert.',
  'storage-quota':
    'Der Speicher des Browsers ist voll, also lässt sich nichts Neues speichern. Löschen Sie Gespräche, die Sie nicht mehr brauchen.',
  'storage-write-failed':
    'Die letzten Nachrichten sind noch nicht gespeichert. Das wird von selbst noch einmal versucht.',
  'change-failed':
    'Das ließ sich in diesem Browser nicht speichern. Nichts wurde verändert. Versuchen Sie es noch einmal.',
  'tab-storage-full':
    'Der eigene Speicher dieses Tabs ist voll. Wählen Sie dieses Gespräch nach einem Neuladen aus den früheren.',
  erased:
    'Alle gespeicherten Gespräche wurden in diesem Browser gelöscht. Laden Sie die Seite neu, um von vorn zu beginnen.',
  'erase-failed': 'Gespeicherte Gespräche ließen sich nicht löschen. Versuchen Sie es noch einmal.',
  'passphrase-wrong':
    'Das Kennwort öffnet diese Datei nicht. Nichts wurde verändert. Prüfen Sie es, und versuchen Sie es noch einmal.',
  'file-damaged':
    'Diese Datei ist beschädigt oder kein gespeichertes Gespräch. Nichts wurde verändert. Versuchen Sie eine andere Kopie.',
  'file-truncated':
    'Das Ende dieser Datei fehlt. Nichts wurde verändert. Kopieren oder laden Sie sie noch einmal.',
  'file-newer':
    'Diese Datei hat eine neuere Version dieser App gespeichert. Nichts wurde verändert. Laden Sie die Seite neu, um sie zu erhalten.',
  'consent-missing':
    'Dieses Gespräch wird in diesem Browser nicht gespeichert, weil Sie es nicht erlaubt haben.',
  'chunk-load-failed':
    'Ein Teil dieser Seite ließ sich nicht laden. Prüfen Sie Ihr Netz, und versuchen Sie es noch einmal, oder laden Sie die Seite neu.',
  'not-connected': 'Es gibt kein Gespräch. Beginnen Sie zuerst eines.',
  'call-on': 'Das geht nicht während eines Gesprächs. Beenden Sie es, und versuchen Sie es noch einmal.',
  'too-late': 'Das ist schon gesendet, entschieden oder beendet.',
  superseded:
    'Sie haben inzwischen etwas anderes gewählt. Versuchen Sie es noch einmal, falls Sie es noch brauchen.',
  'not-mounted': brokenPage,
  'invalid-option': brokenPage,
  disposed: 'Der Assistent wurde geschlossen. Laden Sie die Seite neu, um ihn wieder zu verwenden.',
  internal:
    'Im Assistenten ist etwas schiefgegangen. Versuchen Sie es noch einmal, oder laden Sie die Seite neu.',
}
