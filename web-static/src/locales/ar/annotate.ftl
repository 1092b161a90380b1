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
conditions-title = ما نعدك به
conditions-pay = الأجر
conditions-pay-none = هذا العمل غير مدفوع الأجر.
conditions-pay-per = { $per ->
    [hour] { $amount } لكل ساعة
    [session] { $amount } لكل جلسة
    [judgment] { $amount } لكل إجابة
   *[study] { $amount } عن الدراسة كلها
}
conditions-minutes = المدة
conditions-minutes-about = { $minutes ->
    [one] نحو دقيقة واحدة
    [two] نحو دقيقتين
    [few] نحو { $minutes } دقائق
   *[other] نحو { $minutes } دقيقة
}
conditions-payer = من يدفع
conditions-text = الشروط
conditions-ethics = الموافقة الأخلاقية
conditions-contact = من تسأل
join-kept-title = ما الذي يُحفظ
join-kept-answers = إجاباتك
join-kept-answers-text = ما اخترته، والترتيب الذي رأيته، والسبب إن كتبته. يمكنك تغييرها أو سحبها إلى أن تُغلق الدراسة.
join-kept-time = الوقت الذي استغرقته
join-kept-time-text = مدة نشاطك في كل شاشة وحجم نافذتك؛ ومما تكتبه: عدد الضغطات، وعدد الحروف الملصوقة، وكم مرة غادرت النافذة، أعدادًا لا غير، وأثر مرمَّز لا يُظهر إلا هل يكاد نصّان يتطابقان. هذا يصف الإجابات ولا يرفض أيًّا منها.
join-kept-about = معلومات عنك، إن شئت فقط
join-kept-about-text = تُسأل عنها لاحقًا، وكل سؤال اختياري، بموافقة مستقلة، ومشفّرة بمفتاح يخصك وحدك.
join-kept-name = ليس اسمك
join-kept-name-text = أنت في هذه الدراسة اسم مستعار. لا عنوان ولا إعلان ولا تتبّع من أحد.
join-agree = قرأت هذا وأوافق على المشاركة
join-consent-missing = ضع علامة في المربع إن كنت توافق على المشاركة
join-start = أوافق وأبدأ
join-decline = لا، شكرًا
join-consent-version = نص الموافقة، الإصدار { $version }

guideline-title = قبل أن تبدأ
guideline-text = هذا ما يطلب منك من أعدّوا هذه الدراسة أن تسترشد به.
guideline-changed = تغيّرت الإرشادات
guideline-changed-text = من المهمة التالية نرجو أن تسترشد بها كما هي هنا. ما أجبت عنه يبقى كما هو.
guideline-read = قرأتها
guideline-again = النسخة { $version }. يمكنك قراءتها مجددًا في أي وقت أثناء العمل.

part-practice = للتدرّب: { $place } من { $of }
part-practice-text = أجب كما ستجيب في الدراسة. بعدها نخبرك بما اختاره معدّوها ولماذا. ولا تُحسب في شيء آخر.
part-qualification = قبل الدراسة: { $place } من { $of }
part-qualification-text = يعرف معدّو الدراسة كيف يجيبون عن هذه. من يجيب عن عدد كافٍ منها مثلهم ينتقل إلى الدراسة.
told-met = اختار معدّو الدراسة هذا أيضًا
told-not-met = اختار معدّو الدراسة غير ذلك
told-open = ما اختاره معدّو الدراسة
told-yours = أنت
told-theirs = هم
told-why = السبب
told-private = كان هذا للتدرّب، ولا يُحسب في شيء آخر.
told-next = تابع
break-title = عملت مدة من الوقت
break-take = خذ استراحة
break-later = ليس الآن
today-title = هذا كل شيء لليوم
today-text = تعطي هذه الدراسة كل شخص { $max } مهمة على الأكثر خلال 24 ساعة، كي لا يعمل أحد حتى التعب. شكرًا لك.
today-next = توجد مهام أخرى لك ابتداءً من { $time }.
known-told = لبعض المهام إجابة معروفة، ليُعرف هل تُقرأ المهام. من أول { $n } منها لديك كانت { $met } كما هو متوقع. نخبرك بهذا أنت ومن يديرون الدراسة، ولا أحد غيركم.
not-qualified-title = شكرًا على إجاباتك
not-qualified-text = { $n ->
    [one] تستمر الدراسة مع من يجيبون عن سؤالها الأول كما يجيب معدّوها.
   *[other] تستمر الدراسة مع من يجيبون عن أسئلتها الأولى ({ $n }) على نحو قريب من معدّيها. { $met } من إجاباتك كانت مثل إجاباتهم.
}
not-qualified-blame = هذا لا يقول شيئًا عنك، ولا أنك أخطأت: إنما يقول ما تحتاجه هذه الدراسة.
not-qualified-again = حاول مجددًا
not-qualified-left = { $count ->
    [0] لا توجد محاولة أخرى. ما أجبت عنه محفوظ في «بياناتي».
    [one] توجد محاولة أخرى متى شئت.
    [two] توجد محاولتان أخريان متى شئت.
    [few] توجد { $count } محاولات أخرى متى شئت.
   *[other] توجد { $count } محاولة أخرى متى شئت.
}

question = أي الإجابتين أفضل؟
question-worse = أي الإجابتين أسوأ؟
prompt = السؤال
conversation = المحادثة حتى الآن
role-user = شخص
role-assistant = نموذج
role-system = تعليمات
role-other = آخر
response-name = الإجابة { $letter }
letters = أ ب ج د هـ و ز ح ط ي ك ل م ن س ع
response-only = الإجابة
later-title = ما حدث بعد ذلك
later-simulated = محاكاة
later-simulated-text = كتب هذا برنامج، ولم يحدث.
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
answer-given = غيّر إجابة
answer-stop = توقّف الآن
answer-pick = الخيار { $n } في السؤال المعلَّم
answer-next_part = السؤال التالي
answer-previous_part = السؤال السابق
answer-rank_up = إلى أعلى
answer-rank_down = إلى أسفل
answer-rank_together = في رتبة ما فوقها
answer-rank_out = خارج الترتيب
answer-submit = أرسل الإجابة
given-ends = الأفضل: { $best }. الأسوأ: { $worst }
given-rated = قُيّمت
step-much = { $goal ->
    [worse] { $letter } أسوأ بكثير
   *[other] { $letter } أفضل بكثير
}
step-plain = { $goal ->
    [worse] { $letter } أسوأ
   *[other] { $letter } أفضل
}
step-somewhat = { $goal ->
    [worse] { $letter } أسوأ إلى حد ما
   *[other] { $letter } أفضل إلى حد ما
}
step-slightly = { $goal ->
    [worse] { $letter } أسوأ قليلًا
   *[other] { $letter } أفضل قليلًا
}
step-barely = { $goal ->
    [worse] { $letter } أسوأ بفارق ضئيل
   *[other] { $letter } أفضل بفارق ضئيل
}
answer-so-far = (إجابتك حتى الآن)
answered = حُفظت: { $answer }.
undone = سُحبت الإجابة. ها هي مرة أخرى.
chat-gone-on = استمرت المحادثة بعد هذه الإجابة. ما زال بإمكانك تغييرها، أما ما استمرت به فيبقى.
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
unsent-message = رسالتك محفوظة على هذا الجهاز
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
    [one] إجابتك محفوظة بأمان على هذا الجهاز وستُرسل تلقائيًا. تأتي المهمة التالية عندما يعود الاتصال.
    [two] إجابتاك محفوظتان بأمان على هذا الجهاز وستُرسلان تلقائيًا. تأتي المهمة التالية عندما يعود الاتصال.
   *[other] إجاباتك ({ $count }) محفوظة بأمان على هذا الجهاز وستُرسل تلقائيًا. تأتي المهمة التالية عندما يعود الاتصال.
}
waiting-message = رسالتك محفوظة بأمان على هذا الجهاز وستُرسل تلقائيًا. تأتي الإجابات عندما يعود الاتصال.
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
return-ask = لن أتابع: أعيد هذه الدراسة
return-title = هل تعيد هذه الدراسة؟
return-text = لن يُطلب منك شيء بعدها، ولا يمكن استئنافها. وقد تُسحب إجاباتك ولا يُدفع لك عنها. إن أردت استراحة فقط فأغلق هذا وعد لاحقًا.
return-do = أعدها
done-title = لم يبقَ لك شيء
done-text = { $judged ->
    [0] نالت كل مهمة ما تحتاجه من إجابات. شكرًا لحضورك.
    [one] قدّمت إجابة واحدة. شكرًا لك.
    [two] قدّمت إجابتين. شكرًا لك.
    [few] قدّمت { $judged } إجابات. شكرًا لك.
   *[other] قدّمت { $judged } إجابة. شكرًا لك.
}
full-title = أجاب عدد كافٍ ممن هم مثلك
full-text = تريد هذه الدراسة إجابات من فئات كثيرة من الناس، بعدد محدّد من كل فئة. ولديها الآن ما تريده ممن هم مثلك. شكرًا لحضورك.
full-kept = { $judged ->
    [0] قد يخلو مكان من جديد؛ يسعدنا أن تنظر لاحقًا.
    [one] إجابتك محفوظة وتُحسب. قد يخلو مكان من جديد؛ يسعدنا أن تنظر لاحقًا.
    [two] إجابتاك محفوظتان وتُحسبان. قد يخلو مكان من جديد؛ يسعدنا أن تنظر لاحقًا.
   *[other] إجاباتك ({ $judged }) محفوظة وتُحسب. قد يخلو مكان من جديد؛ يسعدنا أن تنظر لاحقًا.
}
full-unsaid = إن فضّلت ألا تقول ما تسأل عنه فقد يكون هذا هو السبب: بعض الدراسات ليس لديها مهام حينئذ. يمكنك في «بياناتي» أن ترى ما قلته وتغيّره، لكن الدراسة تأخذ بما كنت قد قلته حين جئت إليها.
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

## From a panel
panel-code = رمزك في { $panel }
panel-copy = انسخ الرمز
panel-copied = نُسخ
panel-back = العودة إلى { $panel }
panel-completed-title = لقد أنهيت
panel-completed-text = شكرًا لك. عدد المهام التي أجبت عنها: { $judged }، وهذا كل ما اتُّفق عليه. عُد إلى { $panel } بهذا الرمز ليُدفع أجرك.
panel-screened-out-title = هذه الدراسة ليست لك هذه المرة
panel-screened-out-text = تبحث عن إجابات أو أشخاص آخرين، وهذا لا يقول شيئًا عنك. عُد إلى { $panel }.
panel-returned-title = لقد أعدت مكانك
panel-returned-text = أُعيدت هذه الدراسة، فلا يؤخذ منك شيء بعد الآن هنا، ولا يمكن استئنافها. وإن لم تكن قد أُعيدت في { $panel } فأعدها هناك أيضًا.
panel-timed-out-title = انتهى الوقت
panel-timed-out-text = انتهى وقت هذه الدراسة، فلا يؤخذ منك شيء بعد الآن هنا. يخبرك { $panel } بما يمكنك فعله.
panel-started-title = لا شيء متبقٍّ الآن
panel-started-text = عدد المهام التي أجبت عنها: { $judged }. قد يأتي المزيد بعد قليل؛ لا رمز لك في { $panel } بعد.
panel-dropped = ما أجبت به سُحب ولا يُستعمل.
panel-elsewhere-title = ادخل من { $panel }
panel-elsewhere-text = يُدخل إلى هذه الدراسة بالرابط الموجود في { $panel }، فهو يقول من أنت هناك. افتحه هناك.
panel-signature-title = هذا الرابط ليس سليمًا
panel-signature-text = لم يوقّعه { $panel }، أو تغيّر في الطريق. لم يُحفظ شيء. افتح الدراسة في { $panel } مرة أخرى.
panel-expired-title = هذا الرابط لم يعد صالحًا
panel-expired-text = افتح الدراسة في { $panel } مرة أخرى؛ لم يضع شيء.
panel-full-title = لم يبق مكان
panel-full-text = انضم إلى هذه الدراسة ما يكفي من الناس. أعدها في { $panel } من فضلك كي لا تُحسب عليك.
panel-declined-title = أنت لا تشارك
panel-declined-text = لم يُحفظ عنك شيء. أعد الدراسة في { $panel } من فضلك ليأخذ غيرك مكانك.
panel-declined-back = اقرأ مرة أخرى
