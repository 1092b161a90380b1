# Tasks of more than one press.
question-ranking = رتّب الإجابات، الأفضل أولًا
question-best_worst = أي الإجابات أفضل، وأيها أسوأ؟
question-rating = { $count ->
    [one] ما مدى جودة هذه الإجابة؟
   *[other] ما مدى جودة كل إجابة؟
}
question-compliance = { $count ->
    [one] هل تلتزم هذه الإجابة بالمواد؟
   *[other] هل تلتزم كل إجابة بالمواد؟
}
choice-title = اختيارك
end-title-best = أفضل إجابة
end-title-worst = أسوأ إجابة
end-best = الأفضل
end-worst = الأسوأ
end-none = لم تُختر بعد
ranking-title = ترتيبك
ranking-empty = لم يُرتَّب شيء بعد. رتّب إجابة بالزر الذي تحتها، أو حدّد موضعها.
ranking-left = { $count ->
    [one] إجابة واحدة بلا موضع بعد.
    [two] إجابتان بلا موضع بعد.
    [few] { $count } إجابات بلا موضع بعد.
   *[other] { $count } إجابة بلا موضع بعد.
}
ranking-left-partial = { $count ->
    [one] تُركت إجابة واحدة. هذا مسموح.
    [two] تُركت إجابتان. هذا مسموح.
    [few] تُركت { $count } إجابات. هذا مسموح.
   *[other] تُركت { $count } إجابة. هذا مسموح.
}
rank-next = رتّبها تالية
rank-has = رتبتها { $rank }
rank-place = الموضع
rank-none = بلا
rank-said = { $who } في الرتبة { $rank }.
rank-said-out = { $who } خارج الترتيب.
move-rank_up = أعلى
move-rank_down = أسفل
move-rank_together = مثلها
move-rank_out = أخرجها
rating-yes = نعم
rating-no = لا
rating-unsure = لست متأكدًا
dimension-overall = إجمالًا
scale-low = الأدنى
scale-high = الأعلى
slider-untouched = لا موضع بعد
slider-ends = من { $low } إلى { $high }.
labels-title = علّم ما ينطبق
reasons-title = الأسباب
reasons-too-many = اختر { $most } سببًا على الأكثر
options-show = اختر من { $count }
article-read = اقرأها
option-clear = امسح
confidence-title = ما مدى تأكدك؟
confidence-low = لست متأكدًا إطلاقًا
confidence-high = متأكد تمامًا
edit-title = حسّن { $who }
edit-hint = النص كما هو. غيّر ما تودّ تغييره. يُحفظ مع اختيارك، ويخرج مع بيانات الدراسة، وتتعلّم منه النماذج.
rationale-hint-form = مشفّر بمفتاحك أنت.
submit = أرسل
said = { $what }: { $answer }
answered-form = حُفظت.
keys-in-form = الأرقام تجيب عن السؤال المعلَّم. { $next } و{ $previous } ينقلان العلامة. Ctrl مع Enter يرسل من أي موضع.
missing = أجب عن «{ $what }»
missing-of = أجب عن «{ $what }» في { $who }
missing-choice = اختر إجابة
missing-best = اختر أفضل إجابة
missing-worst = اختر أسوأ إجابة
missing-rank = حدّد موضع { $who }
missing-ranks = رتّب إجابتين على الأقل
missing-confidence = قل ما مدى تأكدك
missing-edit = غيّر النص ليصير أفضل
missing-rationale = قل لماذا، بكلماتك أنت
