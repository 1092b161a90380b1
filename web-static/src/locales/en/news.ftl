# What has happened where this person takes part (news.js).
news-title = News
news-title-new = News ({ $n } new)
news-new = New
news-none = Nothing yet. Here you read when a study you are in is paused or closed, how an amendment you voted on was decided, and what became of what you reported.
news-study-open = The study goes on
news-study-paused = The study is paused
news-study-closed = The study is closed
news-amendment-adopted = An amendment you voted on was adopted
news-amendment-rejected = An amendment you voted on was not adopted
news-report-dismissed = What you reported was looked at and stays
news-report-upheld = What you reported was upheld
news-wanted = What I am told of
news-wanted-study = Studies I am in: paused, going on, closed
news-wanted-amendment = Amendments I voted on: decided
news-wanted-report = What I reported: decided
