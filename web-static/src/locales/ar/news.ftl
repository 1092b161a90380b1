# What has happened where this person takes part (news.js).
news-title = الأخبار
news-title-new = { $n ->
    [one] الأخبار (خبر جديد)
    [two] الأخبار (خبران جديدان)
    [few] الأخبار ({ $n } أخبار جديدة)
   *[other] الأخبار ({ $n } خبرًا جديدًا)
}
news-new = جديد
news-none = لا شيء بعد. هنا تقرأ متى أُوقفت دراسة تشارك فيها أو أُغلقت، وكيف بُتَّ في تعديل صوّتَّ عليه، وما آل إليه ما أبلغت عنه.
news-study-open = استؤنفت الدراسة
news-study-paused = أُوقفت الدراسة مؤقتًا
news-study-closed = أُغلقت الدراسة
news-amendment-adopted = أُقرَّ تعديل صوّتَّ عليه
news-amendment-rejected = لم يُقرَّ تعديل صوّتَّ عليه
news-report-dismissed = نُظر في ما أبلغت عنه وسيبقى
news-report-upheld = قُبل بلاغك
news-wanted = بماذا أُبلَّغ
news-wanted-study = الدراسات التي أشارك فيها: توقف أو استئناف أو إغلاق
news-wanted-amendment = التعديلات التي صوّتُّ عليها: البتّ فيها
news-wanted-report = ما أبلغت عنه: البتّ فيه
