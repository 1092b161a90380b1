# The researchers' workbench.
signin-title = Sign in to the workbench
signin-lead = For those who run studies. To take part in one, open your invitation link instead.
signin-token = With an access token
signin-token-label = Access token
signin-token-hint = Made by plenum token, or found in admin.token in the data folder. It is kept in this tab alone.
signin-token-wrong = This token is not known here
signin-account = With an account
signin-name = Name
signin-passphrase = Passphrase
signin-name-wrong = Name and passphrase do not match
signin-go = Sign in
signout-token = Forget the token
projects-title = Studies
projects-none = No study yet.
projects-make = Make a study
project-items = { $n ->
    [one] { $n } item
   *[other] { $n } items
}
project-participants = { $n ->
    [one] { $n } person
   *[other] { $n } people
}
project-imported = { $n ->
    [one] { $n } imported judgment
   *[other] { $n } imported judgments
}
project-simulated = The annotators of this study are programs with stated tastes.
progress-label = Progress of { $name }
progress-count = { $done } of { $wanted } judgments
progress-here = { $done } of { $wanted } judgments made here
counts-title = Progress
count-items = Items
count-participants = People
count-imported = Imported judgments
count-skipped = Skipped
quality-title = Quality
quality-none = Not enough judgments yet.
quality-pairs-only = Agreement is measured where several people compared the same pair; there is no such pair here.
quality-figure = Figure
quality-value = Value
quality-intervals = Intervals are of 95 %. They say how the figures would differ with other pairs, not with other people.
quality-judgments = Judgments that count
item-names-model = This response tells which model wrote it.
quality-rather-not = Would rather not see it
quality-people = People who judged
quality-alpha = Agreement (Krippendorff’s alpha)
quality-ac1 = Agreement (Gwet’s AC1)
quality-percent = Agreement, percent
quality-strength = Agreement on how strongly (alpha, ordinal)
quality-rating = Agreement on “{ $dimension }” (alpha)
quality-who = Who judges
quality-where = Where people disagree
quality-order = Chose the first on screen
quality-repeats = Said the same the second time, sides swapped
quality-same-order = Ranked two responses in the same order the second time
quality-rated-again = Agreement with oneself on “{ $dimension }” the second time (alpha)
quality-rated-same = Said the same on “{ $dimension }” the second time
quality-same-side = Chose the same side the second time
quality-time = Active time, median
quality-gold = Known answers met
activity-title = Judgments an hour, in the last two days
activity-table = As a table
activity-hour = Hour that began
pace-day = In the last day { $n }, which is { $hour } an hour.
pace-hours = { $n ->
    [one] At this pace what is wanted is there in an hour.
   *[other] At this pace what is wanted is there in { $n } hours.
}
pace-days = { $n ->
    [one] At this pace what is wanted is there in a day.
   *[other] At this pace what is wanted is there in { $n } days.
}
steps-title = How far people come
steps-step = Step
steps-share = Of those who joined
step-joined = Joined
step-read_guideline = Read the guideline
step-told_for_quotas = Said what the quotas ask
step-practised = Practised
step-tested = Answered to qualify
step-judged = Gave a judgment
step-judged_ten = Gave ten
step-completed = Completed, as their panel was told
step-left = Left
step-excluded = Were excluded
groups-title = Agreement by group
groups-by = By
groups-show = Show
groups-within = Within each group
groups-between = Between two groups: of two people, one of each, the share who say the same
groups-two = Groups
groups-pairs = Pairs judged
quota-title = Quotas
quota-unit-people = People who have a place, of those wanted of each kind. Who is of two kinds is counted in both.
quota-unit-judgments = { $per ->
    [item] Judgments by people of each cell, of those wanted over all items.
   *[study] Judgments by people of each cell, of those wanted in the whole study.
}
quota-cell = Cell
quota-filled = So far
quota-wanted = Wanted
quota-others = Everybody else
quota-no-limit = no limit
quota-hidden = A number below ten is not shown, nor another from which it would follow.
groups-as-of = { $n ->
    [one] Of one person.
   *[other] Of { $n } people. The numbers move when ten more have worked, so that nobody’s own group can be read from them.
}
groups-not-yet = There are numbers when ten people have worked, and they move with every ten more, so that nobody’s own group can be read from them.
hindsight-title = What hindsight does
hindsight-text = Half of those who work see what happened later. Where that changes what people say, one who saw it and one who did not agree less than two of a kind.
hindsight-agreement = How often two people say the same of a pair
hindsight-who = Of two people
hindsight-with = Both saw what happened later
hindsight-without = Neither saw it
hindsight-across = One saw it, one did not
coverage-title = Who answered
coverage-value = Group
coverage-n = People
coverage-hidden = Groups of fewer than ten people are not shown, nor a larger one from which their number would follow.
hidden-cell = not shown
not-known = not known
seconds = { $n } s
fits-compare = Who would have lost what
fits-title = Models
fits-text = A pooled model learns one taste for all. A maxmin model learns several, and chooses for the group it serves worst.
fit-method = Method
fit-start = Fit a model
fit-started = The fit has started.
fit-state = State
fit-made = Made
fit-card = Card
fit-card-open = Open the card
card-jury-gain = People whose other judgments were seen are foretold { $gain } points better than by the pooled model (95 % interval: { $low } to { $high }).
card-jury-supported = People are told apart
card-jury-supported-text = Their held-out judgments are foretold better one by one: the 95 % interval of the gain in log-loss excludes zero. Juries of this model can say more than the pooled score.
card-jury-not-supported = People are not told apart
card-jury-not-supported-text = These data do not support the claim that people are foretold better one by one: the interval of the held-out gain does not exclude zero. A verdict of jurors then says little beyond the pooled score.
card-new-people = People who are new
card-new-people-text = One annotator in five ({ $n } with held-out judgments) had no part in the model of people, which knows { $factors ->
    [0] no direction on which they differ but how strongly each follows the pooled score.
    [one] one direction on which they differ.
   *[other] { $factors } directions on which they differ.
} How well their held-out judgments are foretold:
card-ratings = Ratings
card-ratings-text = { $n } ratings were held out. How far they are from what was foretold, on a scale from 0 to 1:
card-mae = Mean absolute error
card-r = Correlation
card-by-content = What was rated, for the mean person
card-by-raters = How high each person rates
card-by-people = Both, and how each follows the score
card-foretold-by = Foretold by
card-by-pooled = The pooled model
card-by-groups = What they said of themselves
card-by-history = What else they judged
method-pooled = Pooled
method-maxmin = Maxmin
method-group = Shared with group offsets
method-dro = Distributionally robust
method-jury = Jury
method-compliance = Compliance
method-compare = Comparison
state-queued = Waiting
state-running = Running
state-done = Done
state-failed = Failed
state-cancelled = Cancelled
exports-title = Take the data with you
exports-text = Every export keeps raters apart and brings a dataset card, a manifest and hashes.
export = Export
export-formats = Formats
export-start = Make an export
export-started = The export has started.
export-choose = Choose a format
export-of = { $formats }, { $when }
format-plenum = plenum (everything)
format-trl = trl (preference pairs)

back-to-project = The study
card-title = Model card
card-groups = How well it predicts, and for whom
card-groups-text = Accuracy on judgments held out from the fit. The group served worst stands beside the average.
card-plot = Accuracy by group, with 95 % intervals. The line is everyone; the diamond is the worst-off group.
card-who = Who
card-n = Judgments
card-accuracy = Accuracy
card-interval = Interval
card-log-loss = Log loss
card-everyone = Everyone
card-worst = Worst-off group
worst-off = Worst-off
worst-off-declared = Worst-off of those people named
card-beside = Beside the pooled model
card-model = Model
card-supported = The data support keeping groups apart
card-supported-text = On held-out judgments this model serves the worst-off group better than the pooled one, beyond chance.
card-not-supported = The data do not support keeping groups apart
card-not-supported-text = On held-out judgments this model is not better for the worst-off group than the pooled one. Use the pooled model.
card-simulated = Fitted on judgments of simulated annotators.
card-made = How it was made
card-method = Method
card-judgments = Judgments
card-annotators = Annotators
card-edits = Judgments with an edit
card-k = Tastes found
card-auc = AUC
card-ece = Calibration error
card-snapshot = Data snapshot
card-artefact = Artefact
found-group = Taste { $value }
card-people = People
card-features = Features
card-embeddings = Embeddings
card-embeddings-endpoint = by { $model }, { $dimensions } numbers each
card-embeddings-import = as they came with the data, { $dimensions } numbers each
card-embeddings-none = not used: of { $responses } responses { $missing } have none, and { $sealed } are sealed with a person’s key
card-embeddings-edits = Edits were not learnt from: they have no embedding.
card-gain = Gain for the worst-off group: { $gain } points of accuracy ({ $low } to { $high }).
card-no-groups = No group is large enough to be shown
card-no-groups-text = A worst-off row needs ten people and fifty held-out judgments in a group. Until then the average stands alone, and says nothing of whom it hides.
group-prefer-not-to-say = Preferred not to say
group-not-answered = Did not answer
group-self-described = In their own words
group-more-than-one = More than one
group-other = All smaller groups together
group-of = { $attribute }: { $value }
range = { $low } – { $high }
card-one-taste = One taste explains these annotators best
card-one-taste-text = No groups were found beyond those that people named themselves, and scores come from the pooled model.
projects-webhooks = Webhooks of all studies
format-trl-implicit = trl-implicit (pairs with a margin)
format-hh = hh (transcripts)
format-csv = csv (tables)
export-part = Only a part
export-part-of = Only:
export-language = Language of the items
export-tags = Tags (any of these, with commas between)
export-source = Judgments
export-source-all = All
export-source-live = Given here
export-source-import = That came with an import
export-excluded = Who is excluded
export-excluded-leave_out = Is left out
export-excluded-keep = Is kept, and marked (never in files of pairs)
export-from = From this day on
export-before = Before this day

board-title = The models that made the responses
board-text = Who is preferred to whom, from every judgment. The share is of decided comparisons that a model would win against one of average score; beside it stands the group that ranks the model lowest.
board-plot = Share of comparisons won against an average model, with 95 % intervals over people.
board-average = Average model
board-model = Model
board-share = Share won
board-score = Score (logits)
board-n = Comparisons
board-lowest = Lowest in
board-worst = { $share } ({ $range }), { $n ->
    [one] { $n } person
   *[other] { $n } people
}
board-never-lost = never lost
board-never-won = never won
board-uncompared = not comparable
board-absent = in no comparison
board-set = Set { $n }
board-apart = Some models never met
board-apart-text = Models of two sets were not compared, neither directly nor through others. Scores are told within each set only.
board-unsettled-text = A model that never lost, or never won, has no upper or lower end: its score is not told until it does.
board-no-intervals = Intervals need ten people who judged.
board-none = Nothing tells the models apart
board-none-text = Every comparison is a tie, or none has any weight.
board-groups = By group
board-groups-text = Groups of at least ten people and fifty judgments. Shares are pulled towards everyone as far as the groups of a question are alike.
board-own-scale = other models met
board-people = Who goes against the others
board-people-text = { $flagged ->
    [0] Of { $n } people nobody goes with the others less than chance would have it.
    [one] Of { $n } people one goes with the others less than chance would have it.
   *[other] Of { $n } people { $flagged } go with the others less than chance would have it.
}
board-unmoved = No score leaves its interval when such people weigh less.
board-moved = When such people weigh less, these leave their intervals: { $models }.
board-contested = A taste of its own is no carelessness
board-contested-text = More people go against the others in these groups than elsewhere: { $groups }. Their judgments weigh as everyone’s.
progress-loss = training loss { $loss }
progress-left-seconds = about { $n ->
    [one] one second
   *[other] { $n } seconds
} left
progress-left-minutes = about { $n ->
    [one] one minute
   *[other] { $n } minutes
} left
phase-starting = Starting
phase-receiving = Receiving the data
phase-prepare = Reading the judgments
phase-features = Features of the answers
phase-warm = Beginning from the earlier model
phase-pooled = The pooled model
phase-groups = Each group’s own part
phase-dro = The model for the worst-off
phase-clusters = Looking for tastes
phase-refine = Each taste’s own part
phase-jury = People one by one
phase-objectives = Dimensions and articles
phase-compliance = Articles
phase-evaluate = Trying it on held-out judgments
phase-new-people = Trying it on people it has not seen
phase-compare = Comparing
