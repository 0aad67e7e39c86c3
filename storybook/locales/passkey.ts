import { defaultPasskeyTexts, type PasskeyTexts } from 'redux-voice-agent/passkey'

const de: PasskeyTexts = {
  setUpTitle: 'Gespräche mit einem Passkey sperren',
  setUpText:
    'Ihre Gespräche sind in diesem Browser gespeichert. Mit einem Passkey öffnet sie nur Ihr Fingerabdruck, Ihr Gesicht, Ihre PIN oder Ihr Sicherheitsschlüssel.',
  create: 'Passkey erstellen',
  addTitle: 'Passkey hinzufügen',
  addText: 'Auch ein anderes Gerät oder ein Sicherheitsschlüssel öffnet dann Ihre Gespräche.',
  evaluateTitle: 'Neuen Passkey verwenden',
  evaluateText: 'Ihr Passkey ist erstellt. Verwenden Sie ihn einmal, um abzuschließen.',
  usePasskey: 'Passkey verwenden',
  codeTitle: 'Ihr Wiederherstellungscode',
  codeText:
    'Schreiben Sie ihn auf und bewahren Sie ihn sicher auf. Wenn Sie Ihren Passkey verlieren, öffnet nur dieser Code Ihre Gespräche. Er wird nur jetzt gezeigt.',
  copyCode: 'Code kopieren',
  codeCopied: 'Der Code wurde kopiert.',
  codeKept: 'Ich habe ihn aufgeschrieben',
  confirmTitle: 'Wiederherstellungscode eingeben',
  confirmText: 'Geben Sie den Code ein, den Sie aufgeschrieben haben, damit sicher ist, dass er stimmt.',
  confirm: 'Bestätigen',
  showCode: 'Code noch einmal zeigen',
  unlockTitle: 'Gespräche entsperren',
  unlockText: 'Die Gespräche in diesem Browser sind mit Ihrem Passkey gesperrt.',
  useCode: 'Wiederherstellungscode verwenden',
  recoverTitle: 'Mit dem Wiederherstellungscode entsperren',
  recoverText: 'Geben Sie den Code ein, den Sie beim Erstellen Ihres Passkeys aufgeschrieben haben.',
  recoveryCode: 'Wiederherstellungscode',
  unlock: 'Entsperren',
  renewTitle: 'Neuen Wiederherstellungscode erstellen',
  renewText: 'Verwenden Sie zuerst Ihren Passkey. Der alte Code gilt, bis Sie den neuen eingegeben haben.',
  loading: 'Einen Moment …',
  back: 'Zurück',
  notNow: 'Jetzt nicht',
  cancel: 'Abbrechen',
  storageFailed:
    'Der Speicher dieses Browsers ist gerade nicht verfügbar. Nichts wurde geändert. Laden Sie die Seite neu.',
  errors: {
    'passkey-unsupported':
      'Dieser Browser kann Passkeys dafür nicht verwenden. Nichts wurde geändert. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.',
    'passkey-no-prf':
      'Dieser Passkey kann keine Gespräche sperren. Nichts wurde geändert. Wählen Sie ein anderes Gerät, einen anderen Schlüssel oder Passwortmanager.',
    'passkey-cancelled':
      'Es wurde kein Passkey verwendet. Nichts wurde geändert. Versuchen Sie es mit einem Passkey, den Sie hier hinzugefügt haben, oder mit dem Wiederherstellungscode.',
    'passkey-wrong':
      'Dieser Passkey öffnet Ihre Gespräche nicht. Sie blieben unverändert. Verwenden Sie einen anderen oder den Wiederherstellungscode.',
    'passkey-exists':
      'Dieses Gerät oder dieser Sicherheitsschlüssel ist schon hinzugefügt. Wählen Sie einen anderen.',
    'passkey-unset':
      'Noch kein Passkey öffnet die Gespräche in diesem Browser, oder sein Eintrag ist beschädigt. Nichts wurde geändert. Laden Sie die Seite neu.',
    'passkey-locked': 'Ihre Gespräche sind gesperrt. Entsperren Sie sie zuerst.',
    'passkey-changed':
      'Ihre Passkeys wurden in einem anderen Tab geändert. Laden Sie die Seite neu und versuchen Sie es noch einmal.',
    'passkey-last':
      'Das ist hier Ihr einziger Passkey. Er kann nicht entfernt werden. Fügen Sie zuerst einen anderen hinzu.',
    'passkey-failed':
      'Ihr Passkey konnte nicht verwendet werden. Nichts wurde geändert. Versuchen Sie es noch einmal.',
    'recovery-code-mistyped':
      'Ein Zeichen des Codes ist falsch oder fehlt. Vergleichen Sie ihn mit Ihrer Notiz.',
    'recovery-code-wrong':
      'Dieser Code öffnet die Gespräche in diesem Browser nicht. Sie blieben unverändert. Suchen Sie einen neueren Code.',
  },
}

const ar: PasskeyTexts = {
  setUpTitle: 'اقفل محادثاتك بمفتاح مرور',
  setUpText:
    'محادثاتك محفوظة في هذا المتصفح. مع مفتاح المرور لا يفتحها إلا بصمتك أو وجهك أو رمزك السري أو مفتاح الأمان.',
  create: 'إنشاء مفتاح مرور',
  addTitle: 'إضافة مفتاح مرور',
  addText: 'سيفتح محادثاتك أيضًا جهاز آخر أو مفتاح أمان.',
  evaluateTitle: 'استخدم مفتاح المرور الجديد',
  evaluateText: 'أُنشئ مفتاح المرور. استخدمه مرة واحدة لإنهاء الإعداد.',
  usePasskey: 'استخدام مفتاح المرور',
  codeTitle: 'رمز الاسترداد',
  codeText:
    'اكتبه واحفظه في مكان آمن. إذا فقدت مفتاح المرور فلن يفتح محادثاتك إلا هذا الرمز. لن يظهر مرة أخرى.',
  copyCode: 'نسخ الرمز',
  codeCopied: 'نُسخ الرمز.',
  codeKept: 'كتبت الرمز',
  confirmTitle: 'أدخل رمز الاسترداد',
  confirmText: 'أدخل الرمز الذي كتبته لنتأكد من صحته.',
  confirm: 'تأكيد',
  showCode: 'إظهار الرمز مجددًا',
  unlockTitle: 'فتح قفل محادثاتك',
  unlockText: 'المحادثات في هذا المتصفح مقفلة بمفتاح المرور.',
  useCode: 'استخدام رمز الاسترداد',
  recoverTitle: 'فتح القفل برمز الاسترداد',
  recoverText: 'أدخل الرمز الذي كتبته عند إنشاء مفتاح المرور.',
  recoveryCode: 'رمز الاسترداد',
  unlock: 'فتح القفل',
  renewTitle: 'إنشاء رمز استرداد جديد',
  renewText: 'استخدم مفتاح المرور أولًا. يبقى الرمز القديم صالحًا حتى تدخل الجديد.',
  loading: 'لحظة من فضلك…',
  back: 'رجوع',
  notNow: 'ليس الآن',
  cancel: 'إلغاء',
  storageFailed: 'لا يمكن استخدام تخزين هذا المتصفح الآن. لم يتغير شيء. أعد تحميل الصفحة وحاول مجددًا.',
  errors: {
    'passkey-unsupported':
      'لا يستطيع هذا المتصفح استخدام مفاتيح المرور لذلك. لم يتغير شيء. حدّث المتصفح أو استخدم غيره.',
    'passkey-no-prf':
      'لا يستطيع مفتاح المرور هذا قفل المحادثات. لم يتغير شيء. اختر جهازًا آخر أو مفتاح أمان أو مدير كلمات مرور.',
    'passkey-cancelled':
      'لم يُستخدم أي مفتاح مرور. لم يتغير شيء. حاول مجددًا بمفتاح أضفته هنا، أو استخدم رمز الاسترداد إن فقدته.',
    'passkey-wrong': 'مفتاح المرور هذا لا يفتح محادثاتك. بقيت كما هي. استخدم مفتاحًا آخر أو رمز الاسترداد.',
    'passkey-exists': 'هذا الجهاز أو مفتاح الأمان مضاف بالفعل. اختر غيره.',
    'passkey-unset':
      'لا يوجد مفتاح مرور يفتح محادثات هذا المتصفح، أو أن بياناته تالفة. لم يتغير شيء. أعد تحميل الصفحة وحاول مجددًا.',
    'passkey-locked': 'محادثاتك مقفلة. افتح القفل أولًا.',
    'passkey-changed': 'تغيرت مفاتيح المرور في علامة تبويب أخرى. أعد تحميل الصفحة ثم حاول مجددًا.',
    'passkey-last': 'هذا مفتاح المرور الوحيد هنا، لذلك لا يمكن حذفه. أضف مفتاحًا آخر أولًا.',
    'passkey-failed': 'تعذر استخدام مفتاح المرور. لم يتغير شيء. حاول مجددًا.',
    'recovery-code-mistyped': 'أحد أحرف الرمز خطأ أو ناقص. قارنه بما كتبته.',
    'recovery-code-wrong': 'هذا الرمز لا يفتح محادثات هذا المتصفح. بقيت كما هي. ابحث عن رمز أحدث.',
  },
}

const locales: Record<string, PasskeyTexts> = { en: defaultPasskeyTexts, de, ar }

export const passkeyTextsOf = (locale: unknown): PasskeyTexts =>
  locales[String(locale)] ?? defaultPasskeyTexts
