# Conversations: statements and votes on them.
talk = محادثة
talk-next = ما رأيك في هذا؟
talk-meta = هذه العبارة عن المحادثة نفسها.
talk-agree = موافق
talk-disagree = غير موافق
talk-pass = تجاوز
talk-important = هذا يهمني كثيرًا
talk-said-agree = وافقت.
talk-said-disagree = لم توافق.
talk-said-pass = تجاوزت.
talk-not-stored = لم يُحفظ صوتك؛ اختر مرة أخرى.
talk-left = { $n ->
    [0] هذه هي الأخيرة.
    [one] واحدة أخرى بعد هذه.
    [two] اثنتان بعد هذه.
    [few] { $n } أخرى بعد هذه.
   *[other] { $n } أخرى بعد هذه.
}
talk-done = لقد صوّتَّ على كل ما قيل
talk-done-text = قل شيئًا من عندك، أو عُد حين يقول الآخرون.
talk-say = قل شيئًا بنفسك
talk-say-label = فكرة واحدة يمكن للآخرين أن يوافقوا عليها أو لا يوافقوا
talk-say-hint-after = تظهر فورًا باسم مستعار. أنت توافق على ما تقول.
talk-say-hint-before = تظهر باسم مستعار بعد أن يطّلع عليها مشرف. أنت توافق على ما تقول.
talk-say-left = { $n ->
    [one] بقي حرف واحد
    [two] بقي حرفان
    [few] بقيت { $n } أحرف
   *[other] بقي { $n } حرفًا
}
talk-say-missing = اكتب ما تريد قوله
talk-say-long = للعبارة { $max } حرفًا على الأكثر
talk-say-send = قلها
talk-received-shown = إنها معروضة الآن.
talk-received-waiting = وصلت. سيطّلع عليها مشرف.
talk-received-rejected = وصلت من قبل؛ ولم تُعرض.
talk-received-merged = وصلت من قبل؛ وعبارة أخرى تقول الشيء نفسه.
talk-mine = ما قلته
talk-gone = سحبها صاحبها
talk-state-waiting = تنتظر مشرفًا.
talk-state-shown = معروضة.
talk-state-rejected = لا تُعرض:
talk-state-merged = ضُمّت إلى أخرى:
talk-state-appealed = طلبت قرارًا آخر؛ وسيُنظر فيها مجددًا.
talk-number = العبارة { $n }
talk-appeal = اطلب قرارًا آخر
talk-appeal-label = لماذا ينبغي أن يُقرَّر غير ذلك؟
talk-appeal-missing = اكتب السبب
talk-appeal-send = اطلب
talk-appealed = وصل الطلب. سيُنظر فيها مجددًا.
talk-all = كل ما قيل
talk-statement = العبارة
talk-none = لم يُقل شيء بعد. كن الأول.
talk-hidden-after_vote = يظهر كيف صوّت الآخرون على عبارة بعد أن تصوّت عليها.
talk-hidden-closed = يظهر كيف صوّت الآخرون حين تُغلق المحادثة.
talk-my-vote = صوتك
talk-decided = { $n ->
    [one] عبارة واحدة لا تُعرض، ولماذا
    [two] عبارتان لا تُعرضان، ولماذا
    [few] { $n } عبارات لا تُعرض، ولماذا
   *[other] { $n } عبارة لا تُعرض، ولماذا
}
talk-counts = { $people ->
    [one] صوّت شخص واحد
    [two] صوّت شخصان
    [few] صوّت { $people } أشخاص
   *[other] صوّت { $people } شخصًا
} على { $statements ->
    [one] عبارة واحدة.
    [two] عبارتين.
    [few] { $statements } عبارات.
   *[other] { $statements } عبارة.
}
talk-closed = إنها مغلقة.
talk-about-amendment = عن هذا التعديل
talk-about-article = عن هذه المادة
talk-join = لتصوّت وتقول شيئًا، كن عضوًا في هذا المجتمع.
talk-decide = { $n ->
    [0] القرارات
    [one] القرارات: واحدة تنتظر
    [two] القرارات: اثنتان تنتظران
   *[other] القرارات: { $n } تنتظر
}
talk-decisions = قرارات في العبارات
talk-decisions-text = يرى الجميع أن عبارة لا تُعرض، ويرون السبب؛ ويمكن لصاحبها أن يطلب قرارًا آخر. كل قرار يترك قيدًا في السجل العام.
talk-waiting = تنتظر قرارًا
talk-waiting-none = لا شيء ينتظر.
talk-shown = معروضة الآن
talk-reason = السبب، للجميع
talk-reason-hint = لا تذكر اسم أحد.
talk-reason-missing = اكتب السبب
talk-into = العبارة التي تقول الشيء نفسه
talk-into-none = اختر واحدة لضمّهما
talk-into-missing = اختر العبارة التي تُضمّ إليها
talk-show = اعرضها
talk-merge = ضُمّهما
talk-reject = لا تعرضها
talk-decision-stored = تقرّر ذلك.
talk-appeal-words = يطلب صاحبها قرارًا آخر:
talk-otherwise = قرّر غير ذلك
talk-close = أغلق المحادثة
talk-reopen = افتحها مجددًا
talk-new = ابدأ محادثة
talk-title = سؤالها
talk-title-missing = اكتب السؤال
talk-text = عمّ تدور
talk-seeds = ما يقال أولًا
talk-seeds-hint = عبارة في كل سطر. وهي موسومة بأنها منكم.
talk-moderation = متى تُعرض العبارات
talk-moderation-after = فورًا؛ ويمكن للمشرفين إزالتها
talk-moderation-before = بعد أن يطّلع عليها مشرف
talk-results = متى تظهر أصوات الآخرين
talk-results-after_vote = بعد تصويت المرء على العبارة
talk-results-closed = حين تُغلق المحادثة
talk-results-always = دائمًا
talk-max = عدد الأحرف المسموح به في العبارة
talk-closes = تنتهي
talk-closes-hint = بتوقيتك المحلي. ومن دونه تنتهي حين تغلقها.
talk-begin = ابدأ
