# دراسات تُنشأ وتُدار في المتصفح.
make-title = إنشاء دراسة
make-name = الاسم
make-name-hint = يراه كل من يشارك.
make-name-missing = أعطِ الدراسة اسمًا
make-start = ابدأ بـ
make-start-hint = نوع مهمة، أو بروتوكول عمل منشور. يمكن تغيير كل شيء أدناه.
make-start-copy = مهمة الدراسة المنسوخة
make-start-pairwise = أزواج: أي الردين أفضل
make-start-ranking = ترتيب ثلاثة ردود أو أكثر
make-start-best_worst = الأفضل والأسوأ من بين كثير
make-start-rating = تقييمات: كل رد على حدة
make-copy-of = { $name } (نسخة)
make-community = تتبع دستور
make-community-hint = عندئذ يمكن أن تكون مواده أسبابًا، وأن تُقاس الردود بها.
make-community-none = لا مجتمع
make-language = لغة العناصر
make-guideline = الإرشادات
make-guideline-hint = تظهر قبل العمل وفي أي وقت أثناءه. بصيغة Markdown.
make-guideline-seen = كما ستظهر
make-per-item = عدد الأحكام لكل عنصر
make-per-item-alone = يُصدر نصف الأحكام مع عرض ما حدث لاحقًا. وبحكم واحد لكل عنصر لا يحكم أحد على العنصر نفسه من دونه، فلا يمكن قياس أي فرق: اطلب حكمين أو أكثر.
make-per-item-wrong = يجب أن يكون عدد الأحكام لكل عنصر عددًا صحيحًا من 1 إلى { $max }
make-strategy = أي عنصر هو التالي
make-strategy-hint = يحفظ كل حكم كيف اختير عنصره، وبأي احتمال إن كان بالقرعة.
make-strategy-least_judged = أحد العناصر الأقل أحكامًا
make-strategy-random = أي عنصر، بالقرعة
make-strategy-uncertainty = بالقرعة حسب أحدث نموذج: حيث هو أقل يقينًا
make-strategy-d_optimal = بالقرعة حسب أحدث نموذج: حيث يُتعلَّم أكثر (D-optimal)
drawing-none = لا نموذج بعد: حتى أول ملاءمة يُختار أي عنصر بالقرعة.
drawing-model = النموذج الذي تُوزن به العناصر ({ $items })، منذ { $time }
drawing-error = أحدث نموذج لا يزن: { $error }
make-strategy-group_disagreement = بالقرعة حسب أحدث نموذج: حيث تتباعد مجموعاته أكثر
make-repeats = المهام التي تُعطى مرة ثانية، بالمئة
make-repeats-hint = هذه النسبة من مهام كل شخص مهام سبق أن حكم عليها، تعود بعد عدة مهام مع تبديل الجانبين. تبيّن مدى ثباته، وتُضاف إلى عدد الأحكام لكل عنصر.
make-repeats-wrong = يجب أن تكون المهام التي تُعطى مرة ثانية عددًا من 0 إلى { $max }
make-go = أنشئ الدراسة
make-no = إلغاء
make-made = أُنشئت الدراسة

task-goal = ما الذي يُختار
task-goal-better = الأفضل
task-goal-worse = الأسوأ (اختبار عدائي)
task-strength = درجات القوة لكل جانب
task-strength-n = { $n ->
    [0] بلا درجات: الأيمن أو الأيسر
    [one] درجة واحدة
    [two] درجتان
   *[other] { $n } درجات
}
task-also = كذلك
task-tie = يمكن قول التعادل
task-both-bad = يمكن قول «كلاهما سيئ»
task-ranking = الترتيب
task-partial = يجوز ترك بعض الردود
task-dimensions = التقييمات
task-dimensions-hint = ما يُقيَّم إلى جانب الاختيار أو بدلًا منه.
task-dimension = التقييم { $n }
task-dimension-new = التقييم { $n }
task-dimension-label = ما الذي يُسأل
task-dimension-scale = المقياس
task-scale-likert = درجات من الأدنى إلى الأعلى
task-scale-slider = منزلق بلا رقم
task-scale-yes_no_unsure = نعم، لا، لست متأكدًا
task-dimension-about = يُسأل عن
task-about-response = كل رد
task-about-item = العنصر ككل
task-dimension-required = الإجابة واجبة
task-dimension-remove = أزل التقييم { $n }
task-dimension-add = أضف تقييمًا
task-reasons = أسباب تُحدَّد
task-reasons-hint = أسباب قصيرة إلى جانب الاختيار.
task-reasons-none = لا شيء
task-reasons-list = قائمة خاصة
task-reasons-constitution = مواد الدستور
task-reasons-lines = الأسباب، واحد في كل سطر
task-reasons-sample = أصدق
task-rationale = بكلماتهم
task-confidence = مدى التأكد
task-edit = صيغة أفضل للرد الأفضل
task-asked-off = لا يُسأل
task-asked-optional = يُسأل ويجوز تركه
task-asked-required = الإجابة واجبة
task-hindsight = ما حدث لاحقًا
task-hindsight-hint = يمكن للعناصر أن تقول ما آل إليه الأمر. العرض على النصف يقيس أثر معرفته.
task-hindsight-none = لا يُعرض
task-hindsight-before = يُعرض قبل الحكم
task-hindsight-split = يُعرض على النصف قبل الحكم
task-chat = من أين تأتي الإجابات
task-chat-live = من نماذج، أثناء كتابة الناس إليها (محادثة حية)
task-json = المهمة كاملة بصيغة JSON
task-json-hint = مع ما ليس له عنصر تحكم أعلاه: الأوسمة، مقاييس خاصة، مواد يجب الالتزام بها، نصوص بعدة لغات.
task-json-kind = يجب أن يكون kind واحدًا من { $kinds }

preview-title = كما ستظهر
preview-text = جرّبها. ما تجيب به هنا لا يُحفظ.
preview-stored = هذا ما كان سيُخزَّن:
sample-prompt = كيف أخطط لجريي خلال رمضان؟
sample-response-1 = اجرِ **بعد الإفطار**، واشرب بين الإفطار والسحور. اجعل الأسبوع الأول سهلًا.
sample-response-2 = انتظر حتى ينتهي الشهر.
sample-response-3 = اسأل طبيبًا أولًا، ثم خطط لثلاث جولات قصيرة في الأسبوع.
sample-response-4 = امشِ صباحًا واجرِ مساءً.
sample-response-5 = الراحة تدريب أيضًا.
sample-later = بعد أسبوع: جولتان سهلتان وصداع واحد.

state-title = مفتوحة أم مغلقة
study-open = هذه الدراسة مفتوحة.
study-paused = هذه الدراسة متوقفة مؤقتًا: لا يحصل أحد على مهمة. من لديه مهمة يمكنه أن يجيب عنها.
study-closed = هذه الدراسة مغلقة نهائيًا.
study-pause = أوقفها مؤقتًا
study-resume = افتحها من جديد
study-close = أغلقها نهائيًا
study-guideline = الإرشادات والأسئلة
study-copy = انسخ هذه الدراسة
study-close-title = هل تُغلق هذه الدراسة نهائيًا؟
study-close-text = لن يحصل أحد على مهمة ولن يغيّر إجابة بعد ذلك، ولا يمكن فتحها ثانية. تبقى كل البيانات، ويمكن ملاءمة النماذج عليها وتصديرها.
study-close-go = أغلقها
study-close-no = اتركها مفتوحة
study-now-open = الدراسة مفتوحة من جديد
study-now-paused = الدراسة متوقفة مؤقتًا
study-now-closed = الدراسة مغلقة

words-title = الاسم
words-save = احفظ
words-saved = حُفظ الاسم

invite-title = الدعوات
invite-text = من يفتح الرابط يمكنه المشاركة، بالعدد الذي تسمح به.
invite-uses = لكم شخصًا
invite-uses-wrong = قل لكم شخصًا: عدد صحيح من 1 إلى { $max }
invite-until = حتى (يجوز تركه فارغًا)
invite-until-wrong = يجب أن يكون اليوم الأخير في المستقبل
invite-go = أنشئ رابطًا
invite-made = أُنشئ الرابط
invite-link = الرابط. يظهر هذه المرة فقط.
invite-copy = انسخ الرابط
invite-copied = نُسخ الرابط
invite-list = الدعوات حتى الآن
invite-made-at = أُنشئت
invite-used = استُخدمت
invite-of = { $uses } من { $max }
invite-expires = حتى
invite-never = بلا نهاية

import-title = إدخال العناصر
import-text = ملف من الأسئلة والردود، ومعه الأحكام إن وُجدت. انظر إليه أولًا: لا يُخزَّن شيء حتى تقول ذلك.
import-file = الملف
import-file-hint = أسطر JSON أو مصفوفة JSON أو CSV، وكذلك ‎.gz.
import-file-missing = اختر ملفًا
import-format = الصيغة
import-format-plenum = plenum (أسطر JSON)
import-format-trl = trl (المختار والمرفوض)
import-format-hh = hh (محاضر محادثات)
import-format-csv = CSV
import-map = ماذا يعني كل عمود، بصيغة JSON
import-map-hint = مثلًا { $example }
import-map-wrong = يجب أن تكون الخريطة كائن JSON
import-pool = اسم المجموعة
import-pool-hint = هذه الملفات لا تقول من اختار؛ كل ملف مجموعة بذاته.
import-look = انظر إليه أولًا
import-go = أدخِله
import-looked = { $accepted ->
    [one] سطر واحد سيؤخذ،
   *[other] { $accepted } من الأسطر ستؤخذ،
} { $rejected ->
    [0] ولا يُرفض شيء.
   *[other] ويُرفض { $rejected }.
}
import-looked-part = هذا عن أول { $size } من الملف.
import-done = { $accepted ->
    [one] أُخذ سطر واحد،
   *[other] أُخذ { $accepted } من الأسطر،
} { $duplicates ->
    [0] ولم يكن شيء موجودًا من قبل،
   *[other] و{ $duplicates } موجودة من قبل،
} { $rejected ->
    [0] ولم يُرفض شيء.
   *[other] ورُفض { $rejected }.
}
import-progress = أُرسل { $done } من { $size }
import-stopped = توقف بعد { $done } من { $size }: { $why } أدخل الملف نفسه ثانية للمتابعة؛ ما دخل يُحسب مرة واحدة.
import-stop = أوقف
import-first = العناصر الأولى
import-prompt = السؤال
import-responses = الردود
import-more = { $n ->
    [one] وواحد آخر
   *[other] و{ $n } أخرى
}
import-errors = ما يُرفض
import-line = السطر
import-where = الموضع
import-why = السبب
import-errors-save = احفظ هذه القائمة
import-errors-first = أول { $n } من { $all }.
import-too-large = لا يمكن إرسال جدول أو مصفوفة أكبر من 64 ميغابايت دفعة واحدة: استخدم plenum import.
import-unreadable = لا يمكن قراءة الملف: { $why }
study-embeddings = المتّجهات الدلالية
study-webhooks = الخطافات
study-panel = منصة المشاركين
known-title = عناصر لها إجابة معروفة
known-text = يمكن أن تحمل العناصر إجابتها (gold في ملف العناصر). وهي إضافية: لا يُحسب أي منها إجابة للدراسة، ولا يُستبعد أحد بسببها إلا باختبار التأهيل.
known-practice = للتدرّب
known-practice-hint = كم منها يأتي أولًا؛ وبعد كل منها نخبر الشخص وحده بما اخترته ولماذا.
known-qualification = للتأهيل
known-qualification-hint = كم منها يأتي بعد ذلك. من لا يبلغ النسبة أدناه لا تُعطى له مهام، ونخبره بلطف.
known-share = النسبة المطلوبة بالمئة
known-share-hint = ما يجب أن يوافق إجاباتك من الإجابات.
known-tries = المحاولات
known-tries-hint = كم مرة يمكن المحاولة في المجموع.
known-attention = لملاحظة الانتباه، بالمئة من كل المهام
known-attention-hint = تبدو كغيرها. لا يُستبعد أحد بسببها؛ ترى كيف كان كل شخص مع فترة الثقة. ونخبر الشخص بنتيجته بعد أربع.
known-wrong = { $what }: عدد صحيح من { $min } إلى { $max }
known-figures = الإجابات المعروفة بحسب الشخص
known-figures-text = يأتي أولًا من وافق الإجابة المتوقعة أقل. الفترة الواسعة تعني أن الإجابات أقل من أن يُحكم بها. لا يُستبعد أحد بسبب هذا.
known-who = الاسم المستعار
known-met = كما هو متوقع
known-share-met = النسبة
known-of = { $met } من { $n }
study-reports = البلاغات
known-session = الاستراحات ومقدار اليوم
known-break = اقترح استراحة بعد دقائق من العمل
known-break-hint = 0: لا بحسب الوقت. اقتراح لطيف فقط.
known-day = المهام خلال 24 ساعة على الأكثر
known-day-hint = 0: بلا حد. من بلغ العدد نشكره ونخبره متى توجد مهام أخرى.

endpoints-title = من يجيب
endpoints-text = النماذج التي تجيب في محادثات هذه الدراسة، عبر نقاط وصول متوافقة مع OpenAI. يُختار من يجيب عن كل رسالة بالقرعة، ولا يرى الناس أسماء قبل النهاية.
endpoints-none = لا شيء بعد: تحتاج المحادثة إلى عدد بقدر ما تعرضه من إجابات، أو إلى واحدة تجيب عدة مرات.
endpoint-add = أضف نقطة وصول
endpoint-name = الاسم
endpoint-name-missing = أعط نقطة الوصول اسمًا
endpoint-name-hint = يظهر في البيانات، وفي نهاية المحادثة التي تكشف من أجاب.
endpoint-url = العنوان
endpoint-url-missing = اذكر أين هي
endpoint-url-hint = كاملًا، مثل ⁨https://models.example/v1/chat/completions⁩.
endpoint-model = النموذج
endpoint-model-missing = اذكر أي نموذج
endpoint-key = المفتاح
endpoint-key-hint = يُختم ولا يُعرض على أحد بعد ذلك. يمكن تركه فارغًا.
endpoint-parameters = المعاملات بصيغة JSON
endpoint-parameters-hint = تُرسل مع كل طلب، كدرجة الحرارة مثلًا. يمكن تركها فارغة.
endpoint-parameters-wrong = يجب أن تكون المعاملات كائن JSON
endpoint-go = أضف
endpoint-added = أُضيفت نقطة الوصول
endpoint-removed = أُخرجت نقطة الوصول
endpoint-since = منذ
endpoint-has-key = محفوظ
endpoint-no-key = لا يوجد
endpoint-remove = أخرج
endpoint-remove-title = هل تُخرج { $name }؟
endpoint-remove-text = لن تجيب بعد الآن، ويُنسى مفتاحها. ويبقى ما أجابت به باسمها.
endpoint-remove-no = أبقها

terms-questions = أسئلة عن الناس
terms-questions-hint = تُسأل بموافقة خاصة بها، ويمكن تجاوز أي منها. لا تُعرض أبدًا مجموعات أقل من عشرة.
terms-questions-none = لا شيء
terms-questions-copied = أسئلة الدراسة المنسوخة
terms-questions-shown = الأسئلة ({ $n })
terms-title = ما يُقال للناس قبل أن يشاركوا: الأجر والوقت والموافقة
terms-text-why = يُعرض قبل الموافقة ويُحفظ مع الدراسة: يقول التصدير في أي شروط نشأت بياناته.
terms-minutes = دقائق العمل في المجموع
terms-minutes-hint = كما قستها مع أناس لم يعرفوا المهمة.
terms-minutes-wrong = قل كم دقيقة يستغرق العمل، عددًا صحيحًا
terms-contact = إلى من تُكتب الأسئلة
terms-contact-missing = قل إلى من تُكتب الأسئلة
terms-per = الأجر
terms-per-none = العمل بلا أجر
terms-per-hour = بالساعة
terms-per-session = بالجلسة
terms-per-judgment = بالحكم
terms-per-study = عن الكل
terms-amount = كم
terms-amount-hint = عدد مثل 12.50
terms-amount-wrong = اكتب المبلغ عددًا مثل 12.50
terms-currency = العملة
terms-currency-hint = رمزها بثلاثة أحرف مثل EUR
terms-currency-wrong = اكتب العملة برمزها من ثلاثة أحرف مثل EUR
terms-payer = من يدفع
terms-ethics = مراجعة الأخلاقيات
terms-ethics-hint = أي لجنة وافقت على هذا وبأي رقم، إن وافقت لجنة.
terms-text = المزيد من الشروط
terms-text-hint = مثلًا متى وكيف يُدفع للناس.
terms-consent = الموافقة
terms-consent-hint = ما يوافق الناس عليه: لأي غرض البيانات، ومن يحصل عليها، وكيف يُسحب ذلك.
terms-warning = تحذير من المحتوى
terms-warning-hint = يُعرض قبل المهمة الأولى حين يكون ما سيقرؤه الناس شاقًا.
targets-title = الحصص من جدول
targets-text = الجدول
targets-hint = ألصقه من جدول بيانات أو بصيغة CSV. السطر الأول يسمي الأعمدة: أسئلة تطرحها الدراسة ({ $names })، وعمود واحد للعدد المطلوب. تُكتب القيم برموزها أو بكلماتها.
targets-file = أو ملف (‎.csv أو ‎.tsv)
targets-total = المجموع
targets-total-hint = مع مجموع تكون الأرقام أنصبة منه كما في التعداد: تُحوَّل إلى أعداد مجموعها هو بالضبط، بطريقة أكبر باقٍ.
targets-unit = ما الذي يُعدّ
targets-unit-judgments-study = الأحكام في الدراسة كلها
targets-unit-judgments-item = أحكام كل عنصر
targets-unit-people-study = الأشخاص
targets-open = يمكن لمن لا خانة لهم أن يعملوا أيضًا بلا حد
targets-seen = ما يؤول إليه الجدول
targets-sum = المجموع
targets-left-out = لا شيء: تُترك
targets-line = السطر { $line }: { $fault }
targets-more = { $n ->
    [one] خطأ واحد آخر
   *[other] أخطاء أخرى: { $n }
}
targets-no-question = لا عمود يحمل اسم سؤال تطرحه الدراسة.
targets-no-target = يجب أن يقول عمود واحد كم المطلوب.
targets-unknown = عدا عمود الأرقام، هذه ليست من أسئلة الدراسة: { $names }
targets-column-twice = العمود { $name } مكرر.
targets-not-listed = لا يصلح { $name } عمودًا: تحتاج الخانة إلى سؤال له جواب واحد من قائمة.
targets-empty = لا سطر تحت أسماء الأعمدة.
targets-many = لا أكثر من { $max } سطرًا.
targets-fields = عدد الحقول { $n } وعدد الأعمدة { $wanted }.
targets-value = «{ $value }» ليس جوابًا عن { $name }.
targets-count = «{ $value }» ليس عددًا صحيحًا من صفر فصاعدًا. الأنصبة تحتاج إلى مجموع.
targets-share = «{ $value }» ليس رقمًا من صفر فصاعدًا.
targets-twice = الخانة نفسها في السطر { $other }.
targets-none = لا خانة تطلب شيئًا.
targets-total-wrong = المجموع عدد صحيح من 1 إلى { NUMBER($max) }.
targets-people-one = حين يُعدّ الأشخاص يكون في الجدول سؤال واحد.
more-title = أكثر أو أقل
more-text = يتغير والناس يعملون. يبقى ما أُعطي أو حُكم عليه، ولا يُعطى أكثر من المطلوب. كل تغيير في السجل.
more-quotas = لهذه الدراسة حصص: كل خاناتها أدناه، وتُطلب كما هي عند الحفظ. الخانة التي تصير دون ما لديها تُغلق.
more-quotas-list = حصصها قائمة بعدة أسئلة؛ تُغيَّر عبر واجهة البرمجة.
more-save = احفظ المطلوب
more-saved = حُفظ المطلوب
quota-closed = مغلقة
