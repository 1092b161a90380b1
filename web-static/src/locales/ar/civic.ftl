# Constitution, amendments, votes.
constitution-what = ما تُلزِم به جماعةٌ نماذجَها: مواد كتبها أعضاؤها، ويستطيعون تغييرها بقواعد يعرفونها مسبقًا.
constitutions-none = لا دستور متاح لك هنا. اطلب دعوة من جماعة.
demo-community = الجماعة التجريبية
constitution-version = الإصدار { $version }
constitution-lead = المواد الموسومة بأنها ثابتة لا يغيّرها أي تصويت. وما عداها يتغيّر بالتعديل.
articles = المواد
article-immutable = ثابتة: لا يمسّها أي تعديل
level-principle = مبدأ
level-rule = قاعدة
level-guideline = إرشاد
article-new = جديدة
amendments-open = التعديلات المفتوحة
amendments-decided = ما حُسم
amendments-none = لا مقترحات الآن.
closes = مفتوح حتى { $when }
amendment = تعديل
amendment-untitled = تعديل
back-to-constitution = الدستور كاملًا
amendment-change = ما الذي سيتغيّر
amendment-rationale = لماذا، بكلمات صاحب الاقتراح
amendment-facts = عن هذا التعديل
amendment-state = الحالة
amendment-proposer = اقترحه
amendment-cost = كلفة الاقتراح
amendment-cost-words = { $cost ->
    [one] رصيد واحد
    [two] رصيدان
    [few] { $cost } أرصدة
   *[other] { $cost } رصيدًا
}
amendment-rule = يُقرّ عندما
amendment-deadline = مفتوح حتى (بتوقيتك)
amendment-base = يغيّر
rule-majority = «نعم» أكثر من «لا».
rule-two-thirds = «نعم» ثلثا مجموع نعم ولا على الأقل.
rule-quorum = { $quorum ->
    [one] صوت واحد على الأقل.
    [two] صوتان على الأقل.
    [few] { $quorum } أصوات على الأقل.
   *[other] { $quorum } صوتًا على الأقل.
}
member = العضو { $short }
outcome-adopted = نال ما يلزمه من الأصوات.
outcome-not_enough_yes = لم ينل ما يكفي من «نعم».
outcome-too_few_votes = صوّت عدد أقل مما يلزم.
outcome-overtaken = غيّر تعديل آخر الكلمات نفسها قبله.
operation-add = مادة جديدة
operation-replace = كلمات متغيّرة
operation-remove = مادة محذوفة
redline-legend = تحته خط: مضاف. مشطوب: محذوف.
state-open = مفتوح للتصويت
state-review = قيد المراجعة
state-adopted = أُقرّ
state-rejected = رُفض
state-withdrawn = سُحب
tally-hidden = يظهر كيف صوّت الآخرون بعد أن تصوّت، أو بعد إغلاق التصويت.
tally-title = الأصوات حتى الآن
vote-title = صوتك
vote-legend = هل يُقرّ هذا التعديل؟
vote-change = صوّتَّ: { $choice }. يمكنك تغييره إلى أن يُغلق التصويت.
vote-yes = نعم
vote-no = لا
vote-abstain = امتناع
vote-send = أدلِ بهذا الصوت
vote-choose = اختر نعم أو لا أو امتناع
vote-saved = حُفظ صوتك.
vote-closed = أُغلق هذا التصويت.
vote-no-standing = لتصوّت، كن عضوًا في هذه الجماعة.
vote-sign-in = انضم أولًا بدعوة، ليكون صوتك لك.
community-join = انضم إلى هذه الجماعة
community-joined = أنت الآن عضو. أدلِ بصوتك.
receipt-title = إيصالك
receipt-text = وعد موقّع بأن صوتك في السجل. احتفظ به: به يستطيع أي أحد التحقق من أن الصوت لم يضِع.
receipt-save = احفظ الإيصال
community-reports = بلاغات عن التعديلات
talks = محادثات
talk-begin-one = ابدأ محادثة
talk-people = { $n ->
    [one] صوّت شخص واحد
    [two] صوّت شخصان
    [few] صوّت { $n } أشخاص
   *[other] صوّت { $n } شخصًا
}
talk-ended = مغلقة
