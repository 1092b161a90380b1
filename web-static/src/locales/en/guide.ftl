# What a study tells and asks, version by version.
guide-title = Guideline and questions
guide-now = Version { $version } is in force.
guide-text = A change is a new version. Each answer says which one it was given under; whoever has a task already answers it as it was given out. Words can change and optional questions can be added; what was offered or asked stays, so that all answers mean the same. For anything else, copy the study.
guide-save = Save as version { $version }
guide-reset = Put it back
guide-nothing = Nothing has been changed
guide-saved = Version { $version } is in force
guide-readers = { $count ->
    [0] Nobody has said yet that they have read it.
    [one] One person has said that they have read it.
   *[other] { $count } people have said that they have read it.
}
guide-history = Versions
guide-version = Version { $version }
guide-first = As the study was made.
guide-asked = What version { $version } asks differently
guide-what = What
guide-before = Before
guide-after = Now
guide-more = Earlier versions
