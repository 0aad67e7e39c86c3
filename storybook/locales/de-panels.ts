import type { VoiceAssistantTexts } from 'redux-voice-agent/react'
import { decimal, plural } from './forms.js'

const number = decimal('de')
const measured = (value: number) => number(value < 10 ? value : Math.round(value))

/** German texts of the panels that buttons open. */
export const dePanels = {
  earlierConversations: 'Frühere Gespräche',
  backToConversation: 'Zurück zum Gespräch',
  thisConversation: 'Dieses Gespräch',
  messageCount: plural('de', { one: '1 Nachricht', other: '# Nachrichten' }),
  openElsewhere: 'in einem anderen Tab geöffnet',
  noEarlierConversations: 'In diesem Browser sind keine vorhanden.',
  conversationsFailed: 'Die früheren Gespräche lassen sich gerade nicht lesen.',
  deleteConversation: 'Dieses Gespräch löschen',
  deleteConversationOf: (title) => `Gespräch löschen: ${title}`,
  renameConversation: 'Dieses Gespräch umbenennen',
  renameConversationOf: (title) => `Gespräch umbenennen: ${title}`,
  conversationName: 'Name dieses Gesprächs',
  nameOf: (title) => `Name des Gesprächs: ${title}`,
  automaticName: 'Erste Wörter',
  saveName: 'Namen speichern',
  conversationRenamed: 'Gespräch umbenannt.',
  conversationNotRenamed:
    'Der Name konnte nicht gespeichert werden. Wenn das Gespräch in einem anderen Tab geöffnet ist, benennen Sie es dort um.',
  newConversationQuestion: 'Ein neues Gespräch beginnen?',
  newConversationMeans: 'Der Anruf wird beendet. Dieses Gespräch bleibt in der Liste.',
  deleteQuestion: 'Dieses Gespräch löschen?',
  deleteMeans:
    'Alle zugehörigen Nachrichten werden aus diesem Browser entfernt. Dies kann nicht rückgängig gemacht werden.',
  deleteEndsCall: 'Der Anruf wird beendet.',
  deleteElsewhere: 'Es wird auch aus dem anderen Tab entfernt, in dem es geöffnet ist.',
  delete: 'Löschen',
  conversationDeleted: 'Gespräch gelöscht.',
  conversationNotDeleted: 'Das Gespräch konnte nicht gelöscht werden. Versuchen Sie es noch einmal.',
  conversationNotOpened:
    'Das Gespräch kann nicht geöffnet werden: Es ist gelöscht oder in einem anderen Tab geöffnet.',
  moreConversations: 'Weitere Gespräche anzeigen',
  conversationsAdded: plural('de', { one: '1 weiteres Gespräch.', other: '# weitere Gespräche.' }),
  backToList: 'Zurück zur Liste',
  readOnlyElsewhere:
    'In einem anderen Tab geöffnet, hier also nur zu lesen. Schließen Sie es dort, um es hier fortzusetzen.',
  readOnlyReleased: 'Der andere Tab hat dieses Gespräch geschlossen.',
  openHere: 'Hier öffnen',
  search: 'Alle Gespräche durchsuchen',
  searching: 'Wird gesucht…',
  searchFound: (count) =>
    count === 0
      ? 'Keine Nachricht enthält diese Wörter.'
      : `${count} ${count === 1 ? 'Nachricht' : 'Nachrichten'}`,
  messageNotFound: 'Diese Nachricht lässt sich gerade nicht zeigen. Versuchen Sie es noch einmal.',
  conversationText: 'Text dieses Gesprächs',
  copyText: 'Text kopieren',
  saveText: 'Text speichern',
  printText: 'Drucken',
  textCopied: 'Das Gespräch wurde kopiert.',
  textSaved: 'Der Text wurde gespeichert. Die Datei ist nicht verschlüsselt.',
  textNotRead:
    'Das ganze Gespräch lässt sich gerade nicht lesen oder kopieren. Versuchen Sie es noch einmal.',
  exportConversation: 'Dieses Gespräch als Datei speichern',
  exportConversationOf: (title) => `Gespräch als Datei speichern: ${title}`,
  exportQuestion: 'Als Datei speichern',
  exportMeans:
    'Die Datei wird mit einem Kennwort verschlüsselt. Ohne das Kennwort kann niemand sie öffnen, und es lässt sich nicht wiederherstellen.',
  exportConfirm: 'Speichern',
  importConversation: 'Gespräch aus einer Datei hinzufügen',
  importMeans:
    'Wählen Sie eine Datei, die Sie gespeichert haben, und geben Sie ihr Kennwort ein. Ihre anderen Gespräche bleiben, wie sie sind.',
  importConfirm: 'Hinzufügen',
  conversationExported: 'Die Datei wurde gespeichert.',
  conversationImported: 'Gespräch hinzugefügt.',
  file: 'Datei',
  fileMissing: 'Wählen Sie eine Datei.',
  passphrase: 'Kennwort',
  repeatPassphrase: 'Kennwort wiederholen',
  passphraseMissing: 'Geben Sie ein Kennwort ein.',
  passphrasesDiffer: 'Die beiden Kennwörter sind verschieden.',
  storageAlmostFull: (share) =>
    `Der Speicher dieses Browsers ist zu ${Math.round(share * 100)} % belegt. Löschen Sie Gespräche, die Sie nicht mehr benötigen.`,
  talkMode: 'So sprechen Sie',
  talkModes: { 'hands-free': 'Freisprechen', 'push-to-talk': 'Sprechtaste', text: 'Nur Text' },
  announcements: 'Ansagen für Screenreader',
  announcementScopes: { all: 'Alles', turns: 'Antworten und Fehler', none: 'Nur Fehler' },
  approvalNeeded: 'Der Assistent benötigt Ihre Zustimmung.',
  approve: 'Zustimmen',
  decline: 'Ablehnen',
  microphoneDevice: 'Mikrofon',
  speakerDevice: 'Lautsprecher',
  promptForSpeaker: 'Lautsprecher auswählen…',
  volume: 'Lautstärke',
  defaultDevice: (name) => (name === null ? 'Standard des Systems' : `Standard des Systems (${name})`),
  devicesUnnamed: 'Ihre Geräte stehen hier, sobald das Mikrofon erlaubt ist.',
  noDevices: 'Kein Mikrofon gefunden. Schließen Sie eines an, oder tippen Sie.',
  figures: {
    duration: 'Dauer',
    messages: 'Nachrichten',
    reconnects: 'Neuverbindungen',
    protocolErrors: 'Unlesbar',
    roundTrip: 'Umlaufzeit',
    jitter: 'Schwankung',
    loss: 'Verloren',
    bitrate: 'Datenrate',
    received: 'Empfangen',
    sent: 'Gesendet',
  },
  unmeasured: '–',
  nothingMeasured: 'Das Netzwerk wird gemessen, solange ein Anruf läuft.',
  copyDiagnosis: 'Diagnosebericht kopieren',
  diagnosisCopied: 'Kopiert, ohne ein Wort des Gesprächs. Fügen Sie ihn in Ihre Meldung ein.',
  diagnosisNotCopied: 'Der Browser erlaubt das Kopieren nicht. Markieren Sie den Text darunter.',
  diagnosisFailed:
    'Der Bericht ließ sich nicht erstellen. Laden Sie die Seite neu, und versuchen Sie es noch einmal.',
  milliseconds: (ms) => `${measured(ms)} ms`,
  percent: (ratio) => `${measured(ratio * 100)} %`,
  bitrate: (rate) => `${Math.round(rate / 1000)} kbit/s`,
  plot: (figure, { lowest, highest, latest, seconds }) =>
    `${figure} in den letzten ${seconds} s: zwischen ${lowest} und ${highest}, jetzt ${latest}`,
} satisfies Partial<VoiceAssistantTexts>
