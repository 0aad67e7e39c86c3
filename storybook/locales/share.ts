import { defaultShareTexts, type ShareTexts } from 'redux-voice-agent/share'

const de: ShareTexts = {
  locale: 'de',
  title: 'Geteiltes Gespräch',
  loading: 'Das Gespräch wird geöffnet …',
  roles: {
    view: 'Sie können diese Kopie eines Gesprächs lesen.',
    comment: 'Sie können diese Kopie eines Gesprächs lesen und kommentieren.',
    continue: 'Sie können diese Kopie eines Gesprächs lesen, kommentieren und als Ihr eigenes fortsetzen.',
  },
  expires: (date) => `Verfügbar bis ${date}.`,
  comments: 'Kommentare',
  noComments: 'Es gibt noch keine Kommentare.',
  unreadableComments: (count) =>
    count === 1
      ? '1 Kommentar kann nicht angezeigt werden.'
      : `${count} Kommentare können nicht angezeigt werden.`,
  comment: 'Kommentar',
  name: 'Ihr Name (freiwillig)',
  send: 'Kommentar hinzufügen',
  sent: 'Ihr Kommentar wurde hinzugefügt.',
  unnamed: 'Ohne Namen',
  continue: 'Als eigenes fortsetzen',
  continuing: 'Einen Moment …',
  continueFailed:
    'Das Gespräch konnte nicht fortgesetzt werden. Nichts wurde geändert. Versuchen Sie es noch einmal.',
  notShown: 'Dieses Gespräch kann nicht angezeigt werden',
  tryAgain: 'Noch einmal versuchen',
  errors: {
    'share-unsupported':
      'Dieser Browser oder diese Seite kann geteilte Gespräche nicht öffnen. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.',
    'share-empty': 'Es gibt noch nichts zu teilen.',
    'share-too-large': 'Das ist zu lang. Kürzen Sie es, und versuchen Sie es noch einmal.',
    'share-link-invalid':
      'Der Link ist unvollständig. Kopieren Sie ihn ganz, oder bitten Sie noch einmal darum.',
    'share-locked':
      'Der Schlüssel dieses Gesprächs fehlt. Öffnen Sie den ganzen Link noch einmal, oder bitten Sie darum.',
    'share-key-wrong': 'Dieses Gespräch wurde mit einer anderen Person oder einem anderen Browser geteilt.',
    'share-missing':
      'Dieses Gespräch gibt es nicht, oder es wurde vor langer Zeit gelöscht. Bitten Sie um einen neuen Link.',
    'share-expired': 'Die Zeit, in der es gelesen werden konnte, ist vorbei. Bitten Sie um einen neuen Link.',
    'share-revoked': 'Es wird nicht länger geteilt.',
    'share-refused':
      'Das dürfen Sie mit diesem Gespräch nicht. Bitten Sie die Person, die es teilt, um einen anderen Link.',
    'share-full': 'Es ist kein Platz mehr frei. Versuchen Sie es später noch einmal.',
    'share-unreadable':
      'Der Link ist falsch, oder das Gespräch wurde unterwegs verändert. Bitten Sie um einen neuen Link.',
    'share-newer':
      'Es wurde mit einer neueren Version dieser App geteilt. Laden Sie die Seite neu, um diese zu erhalten.',
    'share-unreachable':
      'Es kam keine Antwort. Prüfen Sie Ihre Internetverbindung, und versuchen Sie es noch einmal.',
  },
}

const ar: ShareTexts = {
  locale: 'ar',
  title: 'محادثة مشتركة',
  loading: 'جارٍ فتح المحادثة…',
  roles: {
    view: 'يمكنك قراءة هذه النسخة من محادثة.',
    comment: 'يمكنك قراءة هذه النسخة من محادثة والتعليق عليها.',
    continue: 'يمكنك قراءة هذه النسخة من محادثة والتعليق عليها ومتابعتها كمحادثة لك.',
  },
  expires: (date) => `متاحة حتى ${date}.`,
  comments: 'التعليقات',
  noComments: 'لا توجد تعليقات بعد.',
  unreadableComments: (count) => `تعليقات لا يمكن عرضها: ${count}.`,
  comment: 'تعليق',
  name: 'اسمك (اختياري)',
  send: 'إضافة تعليق',
  sent: 'أُضيف تعليقك.',
  unnamed: 'بلا اسم',
  continue: 'المتابعة كمحادثة لي',
  continuing: 'لحظة واحدة…',
  continueFailed: 'تعذرت متابعة المحادثة. لم يتغير شيء. حاول مجددًا.',
  notShown: 'لا يمكن عرض هذه المحادثة',
  tryAgain: 'حاول مجددًا',
  errors: {
    'share-unsupported':
      'لا يستطيع هذا المتصفح أو هذه الصفحة فتح المحادثات المشتركة. حدّث المتصفح أو استخدم غيره.',
    'share-empty': 'لا يوجد شيء لمشاركته بعد.',
    'share-too-large': 'هذا طويل جدًا. اختصره ثم حاول مجددًا.',
    'share-link-invalid': 'الرابط ناقص. انسخه كاملًا أو اطلبه مرة أخرى.',
    'share-locked': 'مفتاح هذه المحادثة مفقود. افتح الرابط كاملًا مرة أخرى أو اطلبه من جديد.',
    'share-key-wrong': 'شُوركت هذه المحادثة مع شخص آخر أو متصفح آخر.',
    'share-missing': 'لا توجد محادثة كهذه، أو أنها حُذفت منذ وقت طويل. اطلب رابطًا جديدًا.',
    'share-expired': 'انتهى الوقت الذي كان يمكن قراءتها فيه. اطلب رابطًا جديدًا.',
    'share-revoked': 'أوقف صاحبها مشاركتها.',
    'share-refused': 'لا يُسمح لك بذلك في هذه المحادثة. اطلب من صاحبها رابطًا آخر.',
    'share-full': 'لم تبقَ مساحة. حاول لاحقًا.',
    'share-unreadable': 'الرابط خطأ، أو أن المحادثة تغيرت في الطريق. اطلب رابطًا جديدًا.',
    'share-newer': 'شُوركت بإصدار أحدث من هذا التطبيق. أعد تحميل الصفحة للحصول عليه.',
    'share-unreachable': 'لم يصل رد. تحقق من اتصالك بالإنترنت ثم حاول مجددًا.',
  },
}

const locales: Record<string, ShareTexts> = { en: defaultShareTexts, de, ar }

export const shareTextsOf = (locale: unknown): ShareTexts => locales[String(locale)] ?? defaultShareTexts
