# What a study tells and asks, version by version.
guide-title = الإرشادات والأسئلة
guide-now = النسخة { $version } هي السارية.
guide-text = كل تغيير نسخة جديدة. كل إجابة تذكر النسخة التي أُعطيت في ظلها، ومن لديه مهمة يجيب عنها كما أُعطيت له. يمكن تغيير الصياغة وإضافة أسئلة اختيارية؛ أما ما عُرض أو سُئل عنه فيبقى، لتعني كل الإجابات الشيء نفسه. لأي شيء آخر انسخ الدراسة.
guide-save = احفظها نسخةً { $version }
guide-reset = أعدها كما كانت
guide-nothing = لم يتغير شيء
guide-saved = النسخة { $version } سارية الآن
guide-readers = { $count ->
    [0] لم يقل أحد بعد إنه قرأها.
    [one] قال شخص واحد إنه قرأها.
    [two] قال شخصان إنهما قرآها.
    [few] قال { $count } أشخاص إنهم قرأوها.
   *[other] قال { $count } شخصًا إنهم قرأوها.
}
guide-history = النسخ
guide-version = النسخة { $version }
guide-first = كما أُنشئت الدراسة.
guide-asked = ما تسأله النسخة { $version } على نحو آخر
guide-what = ماذا
guide-before = قبلُ
guide-after = الآن
guide-more = نسخ أقدم
