# Models side by side on one item.
compare-title = من كان سيخسر ماذا
compare-text = أحدث نموذج من كل طريقة، على سؤال واحد من الدراسة: أي إجابة يختارها كل منها، وكم من كل صنف من الناس كانوا يفضلون غيرها.
compare-no-models = لا توجد نماذج بعد: لائم بعضها أولًا.
compare-no-items = ليس في الدراسة عناصر.
compare-one-answer = لهذا العنصر إجابة واحدة فقط: لا شيء يُختار.
compare-item = السؤال
compare-by = أصناف الناس بحسب
compare-asked = ما سُئل عنه، والإجابات
compare-answer = الإجابة { $letter }
compare-choices = ما يختاره كل نموذج
compare-not-supported = لا تدعم هذه البيانات ما يقوله هذا النموذج؛ وهو يقدم ما تقوله بطاقته.
compare-majority = تجدها أغلبية الهيئة أفضل باحتمال { $share }.
compare-turned = { $n ->
    [one] مقعد واحد آخر يحوّلها إلى الإجابة { $letter }.
    [two] مقعدان آخران يحوّلانها إلى الإجابة { $letter }.
    [few] { $n } مقاعد أخرى تحوّلها إلى الإجابة { $letter }.
   *[other] { $n } مقعدًا آخر تحوّلها إلى الإجابة { $letter }.
}
compare-not-turned = لا يحوّلها أي توزيع آخر للمقاعد.
compare-losses = من كانوا يفضلون إجابة أخرى
compare-losses-text = من كل صنف من الناس، كما تعرفهم النماذج، نسبة من يفضلون أفضل الإجابات الأخرى على المختارة. الأصناف بحسب السؤال أعلاه تجلس في الهيئة، { $seats } مقعدًا في المجموع، بأعداد متساوية.
compare-no-groups = لا يميّز أي نموذج هنا أصنافًا من الناس.
compare-who = من هؤلاء
compare-lost = يخسرون
compare-anybody = أي أحد
