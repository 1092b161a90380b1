# Models that are fitted again as judgments come.
refits-title = Fitted again as judgments come
refits-text = A fit by schedule begins where the newest model of its kind ended. It chooses all anew when the judgments have grown by half since, or have moved.
refits-set = The schedule is kept
refit-new = Fit another model again and again
refit-method = Which model
refit-attribute = By the groups of
refit-no-attribute = Nobody's in particular
refit-share = New judgments, % of those before
refit-share-wrong = Give a share from 1 to 1000 %
refit-hours = Hours in between, at least
refit-hours-wrong = Give hours, at most a year of them
refit-add = Add the schedule
refit-next = Next
refit-first = With the twentieth judgment
refit-missing = { $n ->
    [one] After one more judgment
   *[other] After { $count } more judgments
}
refit-due = As soon as the time has passed
refit-end = End it
refit-end-of = End the schedule: { $method }
start-title = Where this fit began
start-warm = It began from an earlier model and kept what that one had chosen.
start-from = Earlier model
start-cold-other-method = It began from nothing: the earlier model is of another method.
start-cold-other-attribute = It began from nothing: the earlier model is by other groups.
start-cold-other-features = It began from nothing: the earlier model reads other features.
start-cold-other-options = It began from nothing: other options were asked for.
start-cold-not-told = It began from nothing: the earlier model does not say how it was fitted.
start-cold-grown = It began from nothing: the judgments have grown by half since all was last chosen.
start-cold-drift = It began from nothing: judgments have moved since the earlier model.
start-cold-lost-cluster = It began from nothing: a group that the earlier model had found has lost its people.
start-cold-lost-people = It began from nothing: too few people are left for what the earlier model told apart.
drift-title = Have judgments moved?
drift-few = That can't be told yet: too few people judged prompts that the earlier model has not learnt from, before it and since.
drift-found = Yes: of some, what they judged since is foretold worse by the earlier model than what they judged before. It may be their taste, or what they were asked about.
drift-none = Nothing shows it: the earlier model foretells what came since as well as what came before, as far as these judgments tell.
drift-who = Whose judgments
drift-older = Log-loss before (judgments)
drift-recent = Log-loss since (judgments)
drift-difference = Difference, 95 % interval
drift-interval = { $difference } ({ $low } to { $high })
