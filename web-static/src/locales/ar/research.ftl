# The researchers' workbench.
signin-title = ادخل إلى منضدة العمل
signin-lead = لمن يديرون الدراسات. للمشاركة في دراسة افتح رابط دعوتك بدلًا من ذلك.
signin-token = برمز وصول
signin-token-label = رمز الوصول
signin-token-hint = يُنشأ بالأمر plenum token، أو تجده في الملف admin.token في مجلد البيانات. يُحفظ في هذا التبويب وحده.
signin-token-wrong = هذا الرمز غير معروف هنا
signin-account = بحساب
signin-name = الاسم
signin-passphrase = عبارة المرور
signin-name-wrong = الاسم وعبارة المرور لا يتطابقان
signin-go = دخول
signout-token = انسَ الرمز
projects-title = الدراسات
projects-none = لا دراسات بعد.
projects-make = إنشاء دراسة
project-items = { $n ->
    [0] لا عناصر
    [one] عنصر واحد
    [two] عنصران
    [few] { $n } عناصر
   *[other] { $n } عنصرًا
}
project-participants = { $n ->
    [0] لا أحد
    [one] شخص واحد
    [two] شخصان
    [few] { $n } أشخاص
   *[other] { $n } شخصًا
}
project-imported = { $n ->
    [0] لا أحكام مستوردة
    [one] حكم مستورد واحد
    [two] حكمان مستوردان
    [few] { $n } أحكام مستوردة
   *[other] { $n } حكمًا مستوردًا
}
project-simulated = المقيّمون في هذه الدراسة برامج لها أذواق معلنة.
progress-label = تقدّم { $name }
progress-count = { $done } من { $wanted } حكمًا
progress-here = { $done } من { $wanted } حكمًا هنا
counts-title = التقدّم
count-items = العناصر
count-participants = الأشخاص
count-imported = الأحكام المستوردة
count-skipped = المتخطّاة
quality-title = الجودة
quality-none = لا توجد أحكام كافية بعد.
quality-pairs-only = يُقاس الاتفاق حيث قارن عدة أشخاص الزوج نفسه، ولا زوج كذلك هنا.
quality-figure = المقياس
quality-value = القيمة
quality-intervals = الفترات بثقة 95 %. تبيّن كيف كانت الأرقام ستختلف مع أزواج أخرى، لا مع أشخاص آخرين.
quality-judgments = الأحكام المحسوبة
item-names-model = تذكر هذه الإجابة اسم النموذج الذي كتبها.
quality-rather-not = فضّلوا ألا يروه
quality-people = من حكموا
quality-alpha = الاتفاق (ألفا كريبندورف)
quality-ac1 = الاتفاق (AC1 لجويت)
quality-percent = الاتفاق بالنسبة المئوية
quality-strength = الاتفاق على قوة التفضيل (ألفا الترتيبية)
quality-rating = الاتفاق في «{ $dimension }» (ألفا)
quality-who = من يحكم
quality-where = أين يختلف الناس
quality-order = اختيار الأولى على الشاشة
quality-repeats = قالوا الشيء نفسه في المرة الثانية مع تبديل الجانبين
quality-same-order = رتّبوا إجابتين بالترتيب نفسه في المرة الثانية
quality-rated-again = اتفاق الشخص مع نفسه في «{ $dimension }» في المرة الثانية (ألفا)
quality-rated-same = قالوا الشيء نفسه في «{ $dimension }» في المرة الثانية
quality-same-side = اختاروا الجانب نفسه في المرة الثانية
quality-time = وسيط الوقت النشط
quality-gold = مطابقة الإجابات المعروفة
activity-title = الأحكام في الساعة، في اليومين الأخيرين
activity-table = على شكل جدول
activity-hour = الساعة التي بدأت
pace-day = في اليوم الأخير { $n }، أي { $hour } في الساعة.
pace-hours = { $n ->
    [one] بهذا المعدل يكتمل المطلوب خلال ساعة.
    [two] بهذا المعدل يكتمل المطلوب خلال ساعتين.
    [few] بهذا المعدل يكتمل المطلوب خلال { $n } ساعات.
   *[other] بهذا المعدل يكتمل المطلوب خلال { $n } ساعة.
}
pace-days = { $n ->
    [one] بهذا المعدل يكتمل المطلوب خلال يوم.
    [two] بهذا المعدل يكتمل المطلوب خلال يومين.
    [few] بهذا المعدل يكتمل المطلوب خلال { $n } أيام.
   *[other] بهذا المعدل يكتمل المطلوب خلال { $n } يومًا.
}
steps-title = إلى أين يصل الناس
steps-step = الخطوة
steps-share = ممن انضموا
step-joined = انضموا
step-read_guideline = قرؤوا الإرشادات
step-told_for_quotas = أجابوا عما تسأله الحصص
step-practised = تدرّبوا
step-tested = أجابوا ليُقبلوا
step-judged = أعطوا حكمًا
step-judged_ten = أعطوا عشرة
step-completed = أتمّوا، وأُبلغت جهتهم
step-left = غادروا
step-excluded = استُبعدوا
groups-title = الاتفاق حسب المجموعة
groups-by = حسب
groups-show = اعرض
groups-within = داخل كل مجموعة
groups-between = بين مجموعتين: من شخصين، واحد من كل منهما، نسبة من يقولان الشيء نفسه
groups-two = المجموعتان
groups-pairs = الأزواج المحكوم عليها
quota-title = الحصص
quota-unit-people = من لهم مكان من كل فئة مقارنةً بالعدد المطلوب. من ينتمي إلى فئتين يُعدّ في كلتيهما.
quota-unit-judgments = { $per ->
    [item] أحكام أهل كل خانة مقارنةً بالمطلوب في كل العناصر.
   *[study] أحكام أهل كل خانة مقارنةً بالمطلوب في الدراسة كلها.
}
quota-cell = الخانة
quota-filled = حتى الآن
quota-wanted = المطلوب
quota-others = كل من عداهم
quota-no-limit = بلا حد
quota-hidden = لا يُعرض عدد أقل من عشرة، ولا عدد آخر يُستنتج منه.
groups-as-of = { $n ->
    [one] من شخص واحد.
   *[other] الأعداد لـ{ $n } ممن عملوا. وتتغيّر حين يعمل عشرة آخرون، فلا يُستدلّ منها على فئة أحد.
}
groups-not-yet = تظهر الأعداد حين يعمل عشرة أشخاص، وتتغيّر مع كل عشرة آخرين، فلا يُستدلّ منها على فئة أحد.
hindsight-title = أثر معرفة ما حدث لاحقًا
hindsight-text = نصف من يعملون يرون ما حدث لاحقًا. فإن غيّر ذلك ما يقوله الناس كان اتفاق من رآه مع من لم يره أقل من اتفاق اثنين من فئة واحدة.
hindsight-agreement = كم مرة يقول اثنان الشيء نفسه عن زوج
hindsight-who = من بين شخصين
hindsight-with = كلاهما رأى ما حدث لاحقًا
hindsight-without = لم يره أي منهما
hindsight-across = رآه أحدهما ولم يره الآخر
coverage-title = من أجاب
coverage-value = الفئة
coverage-n = الأشخاص
coverage-hidden = لا تُعرض فئات يقل عددها عن عشرة أشخاص، ولا فئة أكبر يُستنتج منها عددهم.
hidden-cell = لا تُعرض
not-known = غير معروف
seconds = { $n } ث
fits-compare = من كان سيخسر ماذا
fits-title = النماذج
fits-text = يتعلّم النموذج المجمّع ذوقًا واحدًا للجميع. ويتعلّم نموذج الحد الأدنى الأقصى عدة أذواق، ويختار من أجل الفئة الأسوأ خدمة.
fit-method = الطريقة
fit-start = درّب نموذجًا
fit-started = بدأ التدريب.
fit-state = الحالة
fit-made = أُنشئ
fit-card = البطاقة
fit-card-open = افتح البطاقة
card-jury-gain = من رُئيت أحكامهم الأخرى يُتوقَّع حكمهم أفضل بمقدار { $gain } نقطة من النموذج المجمّع (فترة 95 %: من { $low } إلى { $high }).
card-jury-supported = الناس مميَّزون بعضهم عن بعض
card-jury-supported-text = تُتوقَّع أحكامهم المحجوبة أفضل حين يُنظر إلى كل واحد: فترة 95 % للتحسن في الخسارة اللوغاريتمية لا تشمل الصفر. ويمكن لهيئات هذا النموذج أن تقول أكثر من الدرجة المجمّعة.
card-jury-not-supported = الناس غير مميَّزين بعضهم عن بعض
card-jury-not-supported-text = لا تؤيد هذه البيانات القول إن الناس يُتوقَّع حكمهم أفضل واحدًا واحدًا: فترة التحسن تشمل الصفر. فحكم الهيئة لا يقول عندئذ إلا القليل فوق الدرجة المجمّعة.
card-new-people = أناس جدد
card-new-people-text = واحد من كل خمسة مقيّمين ({ $n } لهم أحكام محجوبة) لم يشارك في نموذج الناس، الذي يعرف { $factors ->
    [0] أنهم لا يختلفون إلا في قوة اتباعهم الدرجة المجمّعة.
    [one] اتجاهًا واحدًا يختلفون فيه.
    [two] اتجاهين يختلفون فيهما.
    [few] { $factors } اتجاهات يختلفون فيها.
   *[other] { $factors } اتجاهًا يختلفون فيها.
} ومدى توقُّع أحكامهم المحجوبة:
card-ratings = التقييمات
card-ratings-text = حُجب { $n } من التقييمات. بُعدها عما تُوقِّع، على مقياس من 0 إلى 1:
card-mae = متوسط الخطأ المطلق
card-r = الارتباط
card-by-content = ما قُيِّم، للشخص المتوسط
card-by-raters = مدى ارتفاع تقييم كل شخص
card-by-people = كلاهما، وكيف يتبع كل شخص الدرجة
card-foretold-by = متوقَّع من
card-by-pooled = النموذج المجمّع
card-by-groups = ما قالوه عن أنفسهم
card-by-history = أحكامهم الأخرى
method-pooled = مجمّع
method-maxmin = الحد الأدنى الأقصى
method-group = مشترك مع إزاحات للفئات
method-dro = متين توزيعيًا
method-jury = هيئة محلّفين
method-compliance = الامتثال
method-compare = مقارنة
state-queued = في الانتظار
state-running = جارٍ
state-done = تم
state-failed = فشل
state-cancelled = أُلغي
exports-title = خذ البيانات معك
exports-text = كل تصدير يُبقي المقيّمين منفصلين، ومعه بطاقة بيانات وبيان وبصمات.
export = تصدير
export-formats = الصيغ
export-start = أنشئ تصديرًا
export-started = بدأ التصدير.
export-choose = اختر صيغة
export-of = { $formats }، { $when }
format-plenum = ‏plenum (كل شيء)
format-trl = ‏trl (أزواج التفضيل)

back-to-project = الدراسة
card-title = بطاقة النموذج
card-groups = كم يصيب، ولمن
card-groups-text = الدقة على أحكام حُجبت عن التدريب. الفئة الأسوأ خدمة تقف بجانب المتوسط.
card-plot = الدقة بحسب الفئة مع فترات 95٪. الخط هو الجميع، والمعيّن هو الفئة الأسوأ حالًا.
card-who = من
card-n = الأحكام
card-accuracy = الدقة
card-interval = الفترة
card-log-loss = خسارة اللوغاريتم
card-everyone = الجميع
card-worst = الفئة الأسوأ حالًا
worst-off = الأسوأ حالًا
worst-off-declared = الأسوأ حالًا ممن سمّاهم الناس
card-beside = بجانب النموذج المجمّع
card-model = النموذج
card-supported = البيانات تدعم فصل الفئات
card-supported-text = على الأحكام المحجوبة يخدم هذا النموذج الفئة الأسوأ حالًا أفضل من المجمّع، بما يتجاوز المصادفة.
card-not-supported = البيانات لا تدعم فصل الفئات
card-not-supported-text = على الأحكام المحجوبة ليس هذا النموذج أفضل للفئة الأسوأ حالًا من المجمّع. استخدم النموذج المجمّع.
card-simulated = دُرّب على أحكام مقيّمين مُحاكين.
card-made = كيف صُنع
card-method = الطريقة
card-judgments = الأحكام
card-annotators = المقيّمون
card-edits = أحكام معها نص محسّن
card-k = الأذواق الموجودة
card-auc = المساحة تحت المنحنى
card-ece = خطأ المعايرة
card-snapshot = لقطة البيانات
card-artefact = الملف الناتج
found-group = الذوق { $value }
card-people = الأشخاص
card-features = السمات
card-embeddings = المتّجهات الدلالية
card-embeddings-endpoint = من ⁨{ $model }⁩، في كل منها { $dimensions } عددًا
card-embeddings-import = كما جاءت مع البيانات، في كل منها { $dimensions } عددًا
card-embeddings-none = لم تُستعمل: من بين { $responses } إجابة تنقص { $missing }، و{ $sealed } مختومة بمفتاح شخص
card-embeddings-edits = لم يُتعلَّم من النصوص المحسّنة: فلا متّجهات لها.
card-gain = مكسب الفئة الأسوأ حالًا: { $gain } نقطة مئوية من الدقة ({ $low } إلى { $high }).
card-no-groups = لا فئة كبيرة بما يكفي لتُعرض
card-no-groups-text = يلزم صفَّ الفئة الأسوأ حالًا عشرةُ أشخاص وخمسون حكمًا محجوبًا في الفئة. وحتى ذلك الحين يقف المتوسط وحده، ولا يقول شيئًا عمّن يخفيه.
group-prefer-not-to-say = فضّل ألا يقول
group-not-answered = لم يُجب
group-self-described = بكلماته هو
group-more-than-one = أكثر من واحد
group-other = كل الفئات الأصغر معًا
group-of = { $attribute }: { $value }
range = { $low } – { $high }
card-one-taste = ذوق واحد يفسّر هؤلاء المقيّمين أفضل تفسير
card-one-taste-text = فلم توجد فئات غير تلك التي سمّاها الناس بأنفسهم، وتأتي الدرجات من النموذج المجمّع.
projects-webhooks = خطافات الدراسات كلها
format-trl-implicit = trl-implicit (أزواج مع هامش)
format-hh = hh (نصوص المحادثات)
format-csv = csv (جداول)
export-part = جزء فقط
export-part-of = فقط:
export-language = لغة العناصر
export-tags = الوسوم (أيّ منها، تفصل بينها فواصل)
export-source = الأحكام
export-source-all = كلها
export-source-live = ما أُعطي هنا
export-source-import = ما جاء مع استيراد
export-excluded = المستبعَدون
export-excluded-leave_out = يُتركون خارجًا
export-excluded-keep = يُبقَون ويُعلَّمون (ولا يدخلون ملفات الأزواج أبدًا)
export-from = من هذا اليوم فصاعدًا
export-before = قبل هذا اليوم

board-title = النماذج التي كتبت الردود
board-text = من يُفضَّل على من، من كل الأحكام. النسبة هي من المقارنات المحسومة التي يكسبها النموذج أمام نموذج متوسط الدرجة، وبجانبها الفئة التي تضعه في أدنى مرتبة.
board-plot = نسبة المقارنات المكسوبة أمام نموذج متوسط، مع فترات 95٪ على الأشخاص.
board-average = نموذج متوسط
board-model = النموذج
board-share = نسبة الكسب
board-score = الدرجة (لوجيت)
board-n = المقارنات
board-lowest = الأدنى عند
board-worst = { $share } ({ $range })، { $n ->
    [one] شخص واحد
    [two] شخصان
    [few] { $n } أشخاص
    [many] { $n } شخصًا
   *[other] { $n } شخص
}
board-never-lost = لم يخسر قط
board-never-won = لم يكسب قط
board-uncompared = لا يمكن مقارنته
board-absent = ليس في أي مقارنة
board-set = المجموعة { $n }
board-apart = بعض النماذج لم تلتقِ
board-apart-text = نماذج المجموعتين لم تُقارن، لا مباشرة ولا عبر غيرها. تُعرض الدرجات داخل كل مجموعة فقط.
board-unsettled-text = النموذج الذي لم يخسر قط، أو لم يكسب قط، لا حد أعلى له أو لا حد أدنى: لا تُعرض درجته حتى يحدث ذلك.
board-no-intervals = الفترات تحتاج إلى عشرة أشخاص حكموا.
board-none = لا شيء يميّز النماذج
board-none-text = كل مقارنة تعادل، أو لا وزن لأي منها.
board-groups = بحسب الفئة
board-groups-text = فئات من عشرة أشخاص وخمسين حكمًا على الأقل. تُقرَّب النسب إلى الجميع بقدر ما تتشابه فئات السؤال.
board-own-scale = قابلت نماذج أخرى
board-people = من يخالف الآخرين
board-people-text = { $flagged ->
    [0] من بين { $n } من الأشخاص لا أحد يوافق الآخرين أقل مما تقتضيه المصادفة.
    [one] من بين { $n } من الأشخاص شخص واحد يوافق الآخرين أقل مما تقتضيه المصادفة.
    [two] من بين { $n } من الأشخاص شخصان يوافقان الآخرين أقل مما تقتضيه المصادفة.
    [few] من بين { $n } من الأشخاص { $flagged } أشخاص يوافقون الآخرين أقل مما تقتضيه المصادفة.
    [many] من بين { $n } من الأشخاص { $flagged } شخصًا يوافقون الآخرين أقل مما تقتضيه المصادفة.
   *[other] من بين { $n } من الأشخاص { $flagged } شخص يوافقون الآخرين أقل مما تقتضيه المصادفة.
}
board-unmoved = لا تخرج أي درجة من فترتها حين يقل وزن هؤلاء.
board-moved = حين يقل وزن هؤلاء تخرج هذه من فتراتها: { $models }.
board-contested = الذوق الخاص ليس إهمالًا
board-contested-text = من يخالفون الآخرين في هذه الفئات أكثر منهم في غيرها: { $groups }. وتزن أحكامهم كأحكام الجميع.
progress-loss = خسارة التدريب { $loss }
progress-left-seconds = { $n ->
    [one] بقيت ثانية واحدة تقريبًا
    [two] بقيت ثانيتان تقريبًا
    [few] بقيت { $n } ثوانٍ تقريبًا
   *[other] بقيت { $n } ثانية تقريبًا
}
progress-left-minutes = { $n ->
    [one] بقيت دقيقة واحدة تقريبًا
    [two] بقيت دقيقتان تقريبًا
    [few] بقيت { $n } دقائق تقريبًا
   *[other] بقيت { $n } دقيقة تقريبًا
}
phase-starting = بداية
phase-receiving = استلام البيانات
phase-prepare = قراءة الأحكام
phase-features = سمات الإجابات
phase-warm = البدء من النموذج السابق
phase-pooled = النموذج المجمّع
phase-groups = جزء كل فئة
phase-dro = النموذج لأجل الأسوأ حالًا
phase-clusters = البحث عن الأذواق
phase-refine = جزء كل ذوق
phase-jury = الناس واحدًا واحدًا
phase-objectives = الأبعاد والمواد
phase-compliance = المواد
phase-evaluate = تجربته على أحكام محجوبة
phase-new-people = تجربته على أناس لم يرهم
phase-compare = المقارنة
