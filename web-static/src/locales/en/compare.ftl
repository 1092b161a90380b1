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
scenes-text = One model for everybody listens to the largest group. Here are three questions and the answer that each rule would give. The bars say how many of each taste, found in people’s judgments, would keep that answer rather than have another of them drawn by lot; under half, the group loses.
scenes-rules = Pooled gives what people like on the average; maxmin the answer that the least happy taste minds least; the jury what its twelve seats prefer.
scenes-taste = { $name } ({ $n } people)
scenes-loses = { $name }: only { $share } would keep it. They would rather have had { $wanted }.
scenes-nobody-loses = No taste loses: least of all { $name }, of whom { $share } would keep it.
scenes-least = Of the least happy taste so many would keep the answer, on the average of these questions: { $list }.
scenes-least-of = { $method } { $share }
scenes-would-keep = Would keep it
scenes-rather = Likes best
scenes-details = The same as a table, and the answers in full
scenes-seats = On the jury sit, by what they said of themselves: { $seats }.
scenes-seat = { $kind } ({ $count })
scenes-more = Other questions, and other juries
