# Joining a study and judging.
studies-title = دراساتك
studies-none = لم تنضم إلى دراسة من هذا المتصفح.
studies-join = استخدم دعوة
join-code-title = استخدم دعوة
join-code-text = أعطاك القائمون على الدراسة رابطًا أو رمزًا.
join-code-label = رابط الدعوة أو رمزها
join-code-unknown = هذه الدعوة غير معروفة أو استُنفدت أو انتهى موعدها.
join-eyebrow = أنت مدعو إلى دراسة
join-eyebrow-community = أنت مدعو إلى جماعة
join-consent-community = ستكون عضوًا باسم مستعار: تقرأ دستورها، وتقترح تعديلات في حدود رصيدك، وتصوّت. تُحفظ أصواتك ويمكنك تغييرها إلى أن يُغلق كل تصويت. ويمكنك المغادرة في أي وقت.
join-already = لقد انضممت من قبل
join-title = دراسة عن الإجابات
join-simulated = المقيّمون الآخرون في هذه الدراسة برامج لها أذواق معلنة. ستكون أنت الإنسان فيها.
join-consent-title = ما الذي ستفعله
join-consent-default = ستقرأ سؤالًا وإجابتين عنه، وتقول أيهما أفضل. قد يتناول بعضها موضوعات صعبة، ويمكنك تخطي أي منها. المشاركة طوعية ويمكنك التوقف في أي وقت.
join-kept-title = ما الذي يُحفظ
join-kept-answers = إجاباتك
join-kept-answers-text = ما اخترته، والترتيب الذي رأيته، والسبب إن كتبته. يمكنك تغييرها أو سحبها إلى أن تُغلق الدراسة.
join-kept-time = الوقت الذي استغرقته
join-kept-time-text = مدة نشاطك في كل شاشة وحجم نافذتك. هذا يصف الإجابات ولا يرفض أيًّا منها.
join-kept-about = معلومات عنك، إن شئت فقط
join-kept-about-text = تُسأل عنها لاحقًا، وكل سؤال اختياري، بموافقة مستقلة، ومشفّرة بمفتاح يخصك وحدك.
join-kept-name = ليس اسمك
join-kept-name-text = أنت في هذه الدراسة اسم مستعار. لا عنوان ولا إعلان ولا تتبّع من أحد.
join-agree = قرأت هذا وأوافق على المشاركة
join-consent-missing = ضع علامة في المربع إن كنت توافق على المشاركة
join-start = أوافق وأبدأ
join-decline = لا، شكرًا
join-consent-version = نص الموافقة، الإصدار { $version }

question = أي الإجابتين أفضل؟
prompt = السؤال
conversation = المحادثة حتى الآن
role-user = شخص
role-assistant = نموذج
role-system = تعليمات
role-other = آخر
response-name = الإجابة { $letter }
side-left = أ
side-right = ب
warning-folded = مخفية إلى أن تختار إظهارها.
warning-show = أظهرها
warned = يتناول: { $words }.
warned-death = الموت
warned-bereavement = الفقد
warned-loss-of-a-child = فقد طفل
warned-pregnancy-loss = فقد الجنين
warned-death-of-an-animal = موت حيوان
warned-illness = المرض
warned-anxiety = القلق
warned-suicide = الانتحار
warned-self-harm = إيذاء النفس
warned-eating-disorders = اضطرابات الأكل
warned-violence = العنف
warned-sexual-violence = العنف الجنسي
warned-abuse = الإساءة
warned-war = الحرب
warned-racism = العنصرية
warned-hatred = الكراهية
warned-drugs = المخدرات
warned-dark-imagery = صور قاتمة

answer-left-3 = أ أفضل بكثير
answer-left-2 = أ أفضل إلى حد ما
answer-left-1 = أ أفضل قليلًا
answer-tie = متساويتان تقريبًا
answer-right-1 = ب أفضل قليلًا
answer-right-2 = ب أفضل إلى حد ما
answer-right-3 = ب أفضل بكثير
answer-both_bad = كلتاهما سيئة
answer-cannot_judge = لا أستطيع الحكم
answer-skip = تخطَّ
answer-rather_not = أفضّل ألا أرى هذا
answer-undo = تراجع
answer-rationale = قل لماذا
answer-guideline = الإرشادات
answer-help = مساعدة
answer-given = (إجابتك حتى الآن)
answered = حُفظت: { $answer }.
undone = سُحبت الإجابة. ها هي مرة أخرى.
undo-failed = تعذّر سحبها. { $why }

rationale-label = لماذا؟ بكلماتك أنت
rationale-hint = مشفّر بمفتاحك أنت، ويُرسل مع الإجابة التي تختارها بعده.
progress = { $judged ->
    [0] لا إجابات بعد
    [one] إجابة واحدة
    [two] إجابتان
    [few] { $judged } إجابات
    [many] { $judged } إجابة
   *[other] { $judged } إجابة
}
progress-of = { $judged } من { $total }
tools = الأدوات
tools-more = المزيد
stop = توقّف الآن
unsent = { $count ->
    [one] إجابة واحدة محفوظة على هذا الجهاز
    [two] إجابتان محفوظتان على هذا الجهاز
    [few] { $count } إجابات محفوظة على هذا الجهاز
   *[other] { $count } إجابة محفوظة على هذا الجهاز
}
unsent-signed-out = ستُرسل عندما تسجّل الدخول من جديد: افتح رابط دعوتك.
refused = { $count ->
    [one] لم يقبل الخادم إجابة واحدة
    [two] لم يقبل الخادم إجابتين
    [few] لم يقبل الخادم { $count } إجابات
   *[other] لم يقبل الخادم { $count } إجابة
}
refused-discard = أزلها من هذا الجهاز
waiting-title = لا يوجد اتصال الآن
waiting-text = { $count ->
    [one] إجابتك محفوظة بأمان على هذا الجهاز وستُرسل تلقائيًا. يأتي الزوج التالي عندما يعود الاتصال.
    [two] إجابتاك محفوظتان بأمان على هذا الجهاز وستُرسلان تلقائيًا. يأتي الزوج التالي عندما يعود الاتصال.
   *[other] إجاباتك ({ $count }) محفوظة بأمان على هذا الجهاز وستُرسل تلقائيًا. يأتي الزوج التالي عندما يعود الاتصال.
}
pause-title = أجبت { $count } مرة دون توقف
pause-text = لا بأس باستراحة. «توقّف الآن» يحفظ كل شيء، وتتابع من حيث تركت.
given-button = غيّر إجابة
given-title = غيّر إجابة
given-text = الإجابات التي قدّمتها على هذا الجهاز، الأحدث أولًا. الإجابة الجديدة تحل محل القديمة.
given-none = لا شيء بعد.
reconsider = إجابتك حتى الآن: { $answer }.
reconsider-keep = اتركها كما هي
stopped-title = توقفت الآن
stopped-text = { $judged ->
    [0] عُد إلى هذا العنوان متى شئت.
    [one] إجابتك محفوظة. عُد إلى هذا العنوان متى شئت.
   *[other] إجاباتك ({ $judged }) محفوظة. عُد إلى هذا العنوان متى شئت.
}
stopped-resume = تابع
done-title = لم يبقَ لك شيء
done-text = { $judged ->
    [0] نال كل زوج ما يحتاجه من إجابات. شكرًا لحضورك.
    [one] قدّمت إجابة واحدة. شكرًا لك.
    [two] قدّمت إجابتين. شكرًا لك.
    [few] قدّمت { $judged } إجابات. شكرًا لك.
   *[other] قدّمت { $judged } إجابة. شكرًا لك.
}
done-look-again = انظر مرة أخرى
done-demographics-title = بضعة أسئلة عنك، إن أحببت
done-demographics-text = تتيح للدراسة أن ترى من كان المتوسط سيخفيه. كل سؤال اختياري، ويمكنك حذف إجاباتك في أي وقت.
done-demographics-go = أجب عن نفسك
done-demographics-no = لا، تخطَّها كلها
closed-title = هذه الدراسة غير مفتوحة الآن
closed-text = لا توزّع مهامّ. وما أجبت به محفوظ.
not-joined-title = لم تنضم إلى هذه الدراسة من هنا
not-joined-text = افتح رابط الدعوة الذي أُعطي لك. إن كنت قد انضممت من متصفح آخر فتابع هناك.

help-title = مساعدة
help-undo = يسحب «تراجع» إجابتك الأخيرة. ويمكنك أيضًا تغيير إجابة سابقة إلى أن تُغلق الدراسة.
meaning-tie = كلتاهما جيدة بالقدر نفسه، أو متوسطة بالقدر نفسه.
meaning-both_bad = لا هذه مقبولة ولا تلك. وهذا غير التساوي.
meaning-cannot_judge = تنقصك المعرفة أو اللغة لتحكم.
meaning-skip = اترك هذا لغيرك. لا حاجة إلى سبب ولا ضرر في ذلك.
keys-title = المفاتيح
keys-on = استخدم المفاتيح المفردة. لا تعمل أبدًا وأنت تكتب.
keys-action = الفعل
keys-key = المفتاح
keys-change = غيّر
keys-change-label = غيّر مفتاح: { $action }
keys-press = اضغط مفتاحًا …
keys-none = لا شيء
keys-reset = أعد المفاتيح الأولى
keys-changed = { $action }: { $key }
