# Tasks of more than one press.
question-ranking = Put the answers in order, the best first
question-best_worst = Which answer is best, and which is worst?
question-rating = { $count ->
    [one] How good is this answer?
   *[other] How good is each answer?
}
question-compliance = { $count ->
    [one] Does this answer keep to the articles?
   *[other] Does each answer keep to the articles?
}
choice-title = Your choice
end-title-best = The best answer
end-title-worst = The worst answer
end-best = Best
end-worst = Worst
end-none = not chosen yet
ranking-title = Your order
ranking-empty = Nothing is ranked yet. Rank an answer with the button under it, or say its place.
ranking-left = { $count ->
    [one] One answer has no place yet.
   *[other] { $count } answers have no place yet.
}
ranking-left-partial = { $count ->
    [one] One answer is left out. That is allowed.
   *[other] { $count } answers are left out. That is allowed.
}
rank-next = Rank next
rank-has = Ranked { $rank }
rank-place = Place
rank-none = none
rank-said = { $who } is at { $rank }.
rank-said-out = { $who } is out of the ranking.
move-rank_up = Up
move-rank_down = Down
move-rank_together = Same
move-rank_out = Out
rating-yes = Yes
rating-no = No
rating-unsure = Unsure
dimension-overall = Overall
scale-low = Least
scale-high = Most
slider-untouched = nowhere yet
slider-ends = From { $low } to { $high }.
labels-title = Mark what applies
reasons-title = Reasons
reasons-too-many = Choose at most { $most } reasons
options-show = Choose from { $count }
article-read = Read it
option-clear = Clear
confidence-title = How sure are you?
confidence-low = Not at all
confidence-high = Fully
edit-title = Make { $who } better
edit-hint = The text as it stands. Change what you would change. It is kept beside your choice, goes out with the study’s data, and models learn from it.
rationale-hint-form = Encrypted with your own key.
submit = Send
said = { $what }: { $answer }
answered-form = Saved.
keys-in-form = Digits answer the marked question. { $next } and { $previous } move the mark. Ctrl and Enter send from anywhere.
missing = Answer “{ $what }”
missing-of = Answer “{ $what }” for { $who }
missing-choice = Choose an answer
missing-best = Choose the best answer
missing-worst = Choose the worst answer
missing-rank = Say where { $who } stands
missing-ranks = Rank at least two answers
missing-confidence = Say how sure you are
missing-edit = Change the text so that it is better
missing-rationale = Say why, in your own words
