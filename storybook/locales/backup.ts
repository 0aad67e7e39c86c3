import { type BackupTexts, defaultBackupTexts } from 'redux-voice-agent/backup'

const conversations = (number: number) => (number === 1 ? '1 Gespräch' : `${number} Gespräche`)

const de: BackupTexts = {
  locale: 'de',
  title: 'Sicherung',
  loading: 'Ihre Sicherung wird gesucht …',
  tryAgain: 'Noch einmal versuchen',
  cancel: 'Abbrechen',
  offTitle: 'Gespräche sichern',
  offText:
    'Ihre Gespräche sind nur in diesem Browser gespeichert. Eine verschlüsselte Sicherung schützt sie vor Verlust und bringt sie auf Ihre anderen Geräte. Nur Sie können sie lesen.',
  turnOn: 'Sicherung einschalten',
  passphraseTitle: 'Passphrase wählen',
  passphraseText:
    'Sie brauchen sie, um die Sicherung auf einem anderen Gerät zu öffnen. Mehrere zufällige Wörter sind eine gute Wahl.',
  passphrase: 'Passphrase',
  repeatPassphrase: 'Passphrase wiederholen',
  showPassphrase: 'Passphrase anzeigen',
  passphraseTooShort: (minLength) =>
    `Die Passphrase ist zu kurz. Verwenden Sie mindestens ${minLength} Zeichen.`,
  passphrasesDiffer: 'Die beiden Passphrasen sind verschieden. Geben Sie zweimal dieselbe ein.',
  next: 'Weiter',
  codeTitle: 'Ihr Wiederherstellungscode',
  codeText:
    'Schreiben Sie ihn auf und bewahren Sie ihn sicher auf. Wenn Sie Ihre Passphrase vergessen, öffnet nur dieser Code die Sicherung. Er wird nur jetzt gezeigt.',
  copyCode: 'Code kopieren',
  codeCopied: 'Der Code wurde kopiert.',
  codeKept: 'Ich habe ihn aufgeschrieben',
  confirmTitle: 'Wiederherstellungscode eingeben',
  confirmText:
    'Geben Sie den Code ein, den Sie aufgeschrieben haben, damit sicher ist, dass er stimmt. Dann wird die Sicherung eingeschaltet.',
  recoveryCode: 'Wiederherstellungscode',
  showCode: 'Code noch einmal zeigen',
  lockedTitle: 'Sicherung öffnen',
  lockedText:
    'Sie haben auf einem anderen Gerät oder früher in diesem Browser eine Sicherung eingeschaltet. Öffnen Sie sie, um sie auch hier zu nutzen.',
  useCode: 'Wiederherstellungscode verwenden',
  usePassphrase: 'Passphrase verwenden',
  unlock: 'Sicherung öffnen',
  on: 'Die Sicherung ist eingeschaltet.',
  syncedAt: (date) => `Letzter Abgleich: ${date}.`,
  notSynced: 'Dieser Browser hat noch nicht alles abgeglichen.',
  offline:
    'Sie sind offline. Die Gespräche in diesem Browser bleiben erhalten. Gleichen Sie ab, wenn Sie wieder online sind.',
  syncNow: 'Jetzt abgleichen',
  automatic: 'Automatisch abgleichen',
  restoreAll: 'Alle wiederherstellen',
  conversations: 'Gespräche in der Sicherung',
  conversationCount: (number) =>
    number === 0 ? 'Noch keine Gespräche in der Sicherung' : `${conversations(number)} in der Sicherung`,
  messageCount: (number) => (number === 1 ? '1 Nachricht' : `${number} Nachrichten`),
  here: 'in diesem Browser',
  notHere: 'nicht in diesem Browser',
  copy: 'Kopie',
  restore: 'Wiederherstellen',
  restoreOne: (title) => `Wiederherstellen: ${title}`,
  deleteOne: (title) => `Löschen: ${title}`,
  showMore: 'Mehr anzeigen',
  deleteTitle: 'Dieses Gespräch überall löschen?',
  deleteText: (title) =>
    `„${title}“ wird jetzt in der Sicherung und in diesem Browser gelöscht, und auf Ihren anderen Geräten beim nächsten Abgleich. Das lässt sich nicht rückgängig machen.`,
  delete: 'Überall löschen',
  stop: 'Sicherung hier nicht mehr nutzen',
  stopTitle: 'Sicherung in diesem Browser nicht mehr nutzen?',
  stopText:
    'Die Sicherung bleibt, und auch die Gespräche in diesem Browser bleiben. Um die Sicherung hier wieder zu nutzen, brauchen Sie Ihre Passphrase oder Ihren Wiederherstellungscode.',
  newDevice: 'Als neues Gerät fortfahren',
  turningOn: 'Die Sicherung wird eingeschaltet …',
  unlocking: 'Die Sicherung wird geöffnet …',
  syncing: 'Abgleich läuft …',
  restoring: 'Wiederherstellung läuft …',
  deleting: 'Das Gespräch wird gelöscht …',
  progress: (done, total) => `${done} von ${total}`,
  turnedOn: 'Ihre Gespräche sind gesichert.',
  unlocked: 'Die Sicherung ist offen. Stellen Sie die Gespräche wieder her, die Sie hier möchten.',
  synced: (uploaded, deleted) =>
    [
      uploaded === 0 ? 'Alles ist abgeglichen.' : `Abgeglichen: ${conversations(uploaded)}.`,
      ...(deleted > 0 ? [`Hier gelöscht, weil ein anderes Gerät es gelöscht hat: ${deleted}.`] : []),
    ].join(' '),
  restored: (restored, updated, copied) =>
    [
      ...(restored > 0 ? [`Wiederhergestellt: ${conversations(restored)}.`] : []),
      ...(updated > 0 ? [`Neue Nachrichten: ${conversations(updated)}.`] : []),
      ...(copied > 0 ? [`Als Kopie behalten: ${copied}.`] : []),
    ].join(' ') || 'Es gab nichts wiederherzustellen: Dieser Browser hat alles.',
  deleted: 'Das Gespräch wurde gelöscht.',
  stopped: 'Dieser Browser nutzt die Sicherung nicht mehr.',
  newDeviceMade: 'Dieser Browser fährt als neues Gerät fort.',
  skipped: (number) => `Ausgelassen: ${conversations(number)}`,
  unlisted: 'Ein Gespräch in diesem Browser',
  unreadable: 'Es kann in diesem Browser nicht gelesen werden.',
  storageFailed: 'Der Speicher dieses Browsers ist gerade nicht verfügbar. Laden Sie die Seite neu.',
  errors: {
    'backup-unsupported':
      'Dieser Browser oder diese Seite kann die Sicherung nicht nutzen. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.',
    'backup-locked': 'Die Sicherung ist in diesem Browser nicht offen. Öffnen Sie sie zuerst.',
    'backup-exists':
      'Sie haben schon eine Sicherung. Öffnen Sie sie mit ihrer Passphrase oder ihrem Wiederherstellungscode.',
    'backup-missing':
      'Das öffnet keine Sicherung. Nehmen Sie die Passphrase, wenn Sie den Code versucht haben, oder umgekehrt.',
    'backup-secret-wrong': 'Das öffnet Ihre Sicherung nicht. Prüfen Sie es und versuchen Sie es noch einmal.',
    'backup-code-mistyped':
      'Ein Zeichen des Codes ist falsch oder fehlt. Vergleichen Sie ihn mit Ihrer Notiz.',
    'backup-unreachable':
      'Die Sicherung ist nicht erreichbar. Prüfen Sie Ihre Internetverbindung und versuchen Sie es noch einmal.',
    'backup-rolled-back':
      'Die Sicherung ist älter, als sie schon war. Die Gespräche in diesem Browser wurden nicht geändert. Fragen Sie den Anbieter dieser App.',
    'backup-forked':
      'Eine Kopie dieses Browsers nutzt dieselbe Sicherung. Fahren Sie als neues Gerät fort, damit beide sie nutzen können.',
    'backup-altered':
      'Ein Teil der Sicherung wurde verändert und ist nicht nutzbar. Die Gespräche in diesem Browser wurden nicht geändert. Fragen Sie den Anbieter dieser App.',
    'backup-incomplete':
      'Ein Teil der Sicherung fehlt. Die Gespräche in diesem Browser wurden nicht geändert. Versuchen Sie es später noch einmal.',
    'backup-newer':
      'Die Sicherung stammt von einer neueren Version dieser App. Laden Sie die Seite neu, um diese zu erhalten.',
    'backup-session-missing': 'Dieses Gespräch ist nicht mehr in der Sicherung.',
    'backup-session-open':
      'Dieses Gespräch ist in einem Tab offen. Schließen Sie es dort und versuchen Sie es noch einmal.',
  },
}

const ar: BackupTexts = {
  locale: 'ar',
  title: 'النسخ الاحتياطي',
  loading: 'جارٍ البحث عن نسختك الاحتياطية…',
  tryAgain: 'حاول مجددًا',
  cancel: 'إلغاء',
  offTitle: 'انسخ محادثاتك احتياطيًا',
  offText:
    'محادثاتك محفوظة في هذا المتصفح فقط. تحميها نسخة احتياطية مشفرة من الضياع، وتنقلها إلى أجهزتك الأخرى. لا يستطيع قراءتها غيرك.',
  turnOn: 'تشغيل النسخ الاحتياطي',
  passphraseTitle: 'اختر عبارة مرور',
  passphraseText: 'ستحتاج إليها لفتح النسخة الاحتياطية على جهاز آخر. عدة كلمات عشوائية خيار جيد.',
  passphrase: 'عبارة المرور',
  repeatPassphrase: 'أعد عبارة المرور',
  showPassphrase: 'إظهار عبارة المرور',
  passphraseTooShort: (minLength) => `عبارة المرور قصيرة جدًا. الحد الأدنى لعدد الأحرف: ${minLength}.`,
  passphrasesDiffer: 'العبارتان مختلفتان. أدخل العبارة نفسها مرتين.',
  next: 'التالي',
  codeTitle: 'رمز الاسترداد',
  codeText:
    'اكتبه واحفظه في مكان آمن. إذا نسيت عبارة المرور فلن يفتح النسخة الاحتياطية إلا هذا الرمز. لن يظهر مرة أخرى.',
  copyCode: 'نسخ الرمز',
  codeCopied: 'نُسخ الرمز.',
  codeKept: 'كتبت الرمز',
  confirmTitle: 'أدخل رمز الاسترداد',
  confirmText: 'أدخل الرمز الذي كتبته لنتأكد من صحته، ثم يبدأ النسخ الاحتياطي.',
  recoveryCode: 'رمز الاسترداد',
  showCode: 'إظهار الرمز مجددًا',
  lockedTitle: 'افتح نسختك الاحتياطية',
  lockedText:
    'شغّلت النسخ الاحتياطي على جهاز آخر، أو في هذا المتصفح من قبل. افتح النسخة الاحتياطية لتستخدمها هنا أيضًا.',
  useCode: 'استخدام رمز الاسترداد',
  usePassphrase: 'استخدام عبارة المرور',
  unlock: 'فتح النسخة الاحتياطية',
  on: 'النسخ الاحتياطي يعمل.',
  syncedAt: (date) => `آخر مزامنة: ${date}.`,
  notSynced: 'لم يُزامن هذا المتصفح كل شيء بعد.',
  offline: 'أنت غير متصل. المحادثات في هذا المتصفح محفوظة. زامن عندما تعود إلى الاتصال.',
  syncNow: 'المزامنة الآن',
  automatic: 'المزامنة تلقائيًا',
  restoreAll: 'استعادة الكل',
  conversations: 'المحادثات في النسخة الاحتياطية',
  conversationCount: (number) =>
    number === 0 ? 'لا توجد محادثات في النسخة الاحتياطية بعد' : `المحادثات في النسخة الاحتياطية: ${number}`,
  messageCount: (number) => `الرسائل: ${number}`,
  here: 'في هذا المتصفح',
  notHere: 'ليست في هذا المتصفح',
  copy: 'نسخة',
  restore: 'استعادة',
  restoreOne: (title) => `استعادة: ${title}`,
  deleteOne: (title) => `حذف: ${title}`,
  showMore: 'إظهار المزيد',
  deleteTitle: 'حذف هذه المحادثة من كل مكان؟',
  deleteText: (title) =>
    `تُحذف «${title}» الآن من النسخة الاحتياطية ومن هذا المتصفح، ومن أجهزتك الأخرى عند مزامنتها. لا يمكن التراجع عن ذلك.`,
  delete: 'حذف من كل مكان',
  stop: 'إيقاف استخدام النسخة هنا',
  stopTitle: 'إيقاف استخدام النسخة الاحتياطية في هذا المتصفح؟',
  stopText:
    'تبقى النسخة الاحتياطية، وتبقى المحادثات في هذا المتصفح. لاستخدام النسخة هنا مرة أخرى تحتاج إلى عبارة المرور أو رمز الاسترداد.',
  newDevice: 'المتابعة كجهاز جديد',
  turningOn: 'جارٍ تشغيل النسخ الاحتياطي…',
  unlocking: 'جارٍ فتح النسخة الاحتياطية…',
  syncing: 'جارية المزامنة…',
  restoring: 'جارية الاستعادة…',
  deleting: 'جارٍ الحذف…',
  progress: (done, total) => `${done} من ${total}`,
  turnedOn: 'حُفظت نسخة احتياطية من محادثاتك.',
  unlocked: 'النسخة الاحتياطية مفتوحة. استعد المحادثات التي تريدها في هذا المتصفح.',
  synced: (uploaded, deleted) =>
    [
      uploaded === 0 ? 'كل شيء متزامن.' : `المحادثات التي زُومنت: ${uploaded}.`,
      ...(deleted > 0 ? [`حُذفت هنا لأن جهازًا آخر حذفها: ${deleted}.`] : []),
    ].join(' '),
  restored: (restored, updated, copied) =>
    [
      ...(restored > 0 ? [`المحادثات المستعادة: ${restored}.`] : []),
      ...(updated > 0 ? [`المحادثات التي أُضيفت إليها رسائل: ${updated}.`] : []),
      ...(copied > 0 ? [`الإصدارات المحفوظة كنسخ: ${copied}.`] : []),
    ].join(' ') || 'لا يوجد ما يُستعاد: كل شيء موجود في هذا المتصفح.',
  deleted: 'حُذفت المحادثة.',
  stopped: 'لم يعد هذا المتصفح يستخدم النسخة الاحتياطية.',
  newDeviceMade: 'يتابع هذا المتصفح كجهاز جديد.',
  skipped: (number) => `المحادثات المتروكة: ${number}`,
  unlisted: 'محادثة في هذا المتصفح',
  unreadable: 'لا يمكن قراءتها في هذا المتصفح.',
  storageFailed: 'لا يمكن استخدام تخزين هذا المتصفح الآن. أعد تحميل الصفحة وحاول مجددًا.',
  errors: {
    'backup-unsupported':
      'لا يستطيع هذا المتصفح أو هذه الصفحة استخدام النسخ الاحتياطي. حدّث المتصفح أو استخدم غيره.',
    'backup-locked': 'النسخة الاحتياطية غير مفتوحة في هذا المتصفح. افتحها أولًا.',
    'backup-exists': 'لديك نسخة احتياطية بالفعل. افتحها بعبارة المرور أو برمز الاسترداد.',
    'backup-missing': 'هذا لا يفتح نسخة احتياطية. جرّب عبارة المرور بدل الرمز، أو الرمز بدلها.',
    'backup-secret-wrong': 'هذا لا يفتح نسختك الاحتياطية. تحقق منه ثم حاول مجددًا.',
    'backup-code-mistyped': 'أحد أحرف الرمز خطأ أو ناقص. قارنه بما كتبته.',
    'backup-unreachable': 'تعذر الوصول إلى النسخة الاحتياطية. تحقق من اتصالك بالإنترنت ثم حاول مجددًا.',
    'backup-rolled-back':
      'النسخة الاحتياطية أقدم مما كانت عليه. لم تتغير المحادثات في هذا المتصفح. اسأل المسؤولين عن هذا التطبيق.',
    'backup-forked': 'تستخدم نسخة من هذا المتصفح النسخة الاحتياطية نفسها. تابع كجهاز جديد ليستخدمها الاثنان.',
    'backup-altered':
      'تغير جزء من النسخة الاحتياطية ولا يمكن استخدامه. لم تتغير المحادثات في هذا المتصفح. اسأل المسؤولين عن هذا التطبيق.',
    'backup-incomplete':
      'جزء من النسخة الاحتياطية مفقود. لم تتغير المحادثات في هذا المتصفح. حاول مجددًا لاحقًا.',
    'backup-newer': 'أُنشئت النسخة الاحتياطية بإصدار أحدث من هذا التطبيق. أعد تحميل الصفحة للحصول عليه.',
    'backup-session-missing': 'لم تعد هذه المحادثة في النسخة الاحتياطية.',
    'backup-session-open': 'هذه المحادثة مفتوحة في علامة تبويب. أغلقها هناك ثم حاول مجددًا.',
  },
}

const locales: Record<string, BackupTexts> = { en: defaultBackupTexts, de, ar }

export const backupTextsOf = (locale: unknown): BackupTexts => locales[String(locale)] ?? defaultBackupTexts
