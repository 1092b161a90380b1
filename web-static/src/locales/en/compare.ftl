# Models side by side on one item.
compare-title = Who would have lost what
compare-text = The newest model of each method, on one question of the study: which answer each would choose, and how many people of each kind would rather have had another one.
compare-no-models = There are no models yet: fit some first.
compare-no-items = The study has no items.
compare-one-answer = This item has one answer only: there is nothing to choose.
compare-item = The question
compare-by = Kinds of people by
compare-asked = What was asked, and the answers
compare-answer = Answer { $letter }
compare-choices = What each model would choose
compare-not-supported = These data do not support this model’s claim; it serves what its card says.
compare-majority = A majority of the jury finds it better with a chance of { $share }.
compare-turned = { $n ->
    [one] One other seat would turn it to answer { $letter }.
   *[other] { $n } other seats would turn it to answer { $letter }.
}
compare-not-turned = No other seating would turn it.
compare-losses = Who would rather have had another answer
compare-losses-text = Of each kind of people, as the models know them, the share who would rather have the best of the other answers than the one chosen. Kinds by the question above sit on the jury, { $seats } seats in all, in equal numbers.
compare-no-groups = No model tells kinds of people apart here.
compare-who = Of these
compare-lost = lose
compare-anybody = Anybody
