# Studies made and looked after in the browser.
make-title = Make a study
make-name = Name
make-name-hint = Whoever takes part sees it.
make-name-missing = Give the study a name
make-start = Begin with
make-start-hint = A kind of task, or the protocol of a published work. All of it can be changed below.
make-start-copy = The task of the study that is copied
make-start-pairwise = Pairs: which of two is better
make-start-ranking = A ranking of three or more
make-start-best_worst = The best and the worst of many
make-start-rating = Ratings: each response by itself
make-copy-of = { $name } (copy)
make-community = Follows the constitution of
make-community-hint = Its articles can then be reasons, and responses can be held against them.
make-community-none = No community
make-language = Language of the items
make-guideline = Guideline
make-guideline-hint = Shown before the work and at any time during it. Markdown.
make-guideline-seen = As it will be seen
make-per-item = Judgments for each item
make-per-item-alone = Half of the judgments are made with what happened later in view. With one judgment for each item nobody judges the same item without it, so no difference can be measured: ask for two or more.
make-per-item-wrong = Judgments for each item must be a whole number from 1 to { $max }
make-strategy = Which item is next
make-strategy-hint = Each judgment keeps how its item was chosen, and where it was drawn, with which probability.
make-strategy-least_judged = One that is least judged
make-strategy-random = Any, drawn at random
make-strategy-uncertainty = Drawn by the newest model: where it is least sure
make-strategy-d_optimal = Drawn by the newest model: where there is most to learn (D-optimal)
drawing-none = There is no model yet: until the first fit, any is drawn at random.
drawing-model = The model that { $items } items are weighed by, since { $time }
drawing-error = The newest model does not weigh: { $error }
make-strategy-group_disagreement = Drawn by the newest model: where its groups are most apart
make-repeats = Tasks given a second time, in percent
make-repeats-hint = So many of a person’s tasks are ones that they judged before, some tasks later and with the sides swapped. It shows how steady they are, and comes on top of the judgments for each item.
make-repeats-wrong = Tasks given a second time must be a number from 0 to { $max }
make-go = Make the study
make-no = Cancel
make-made = The study is made

task-goal = What is chosen
task-goal-better = The better one
task-goal-worse = The worse one (red-teaming)
task-strength = Steps of strength to each side
task-strength-n = { $n ->
    [0] None: left or right
    [one] { $n } step
   *[other] { $n } steps
}
task-also = Besides
task-tie = A tie can be said
task-both-bad = “Both bad” can be said
task-ranking = Ranking
task-partial = Responses may be left out
task-dimensions = Ratings
task-dimensions-hint = What is rated beside, or instead of, the choice.
task-dimension = Rating { $n }
task-dimension-new = Rating { $n }
task-dimension-label = What is asked
task-dimension-scale = Scale
task-scale-likert = Steps from low to high
task-scale-slider = A slider without a number
task-scale-yes_no_unsure = Yes, no, unsure
task-dimension-about = Asked of
task-about-response = Each response
task-about-item = The item as a whole
task-dimension-required = Must be answered
task-dimension-remove = Remove rating { $n }
task-dimension-add = Add a rating
task-reasons = Reasons to tick
task-reasons-hint = Short reasons beside the choice.
task-reasons-none = None
task-reasons-list = A list of one’s own
task-reasons-constitution = The articles of the constitution
task-reasons-lines = Reasons, one a line
task-reasons-sample = More honest
task-rationale = In one’s own words
task-confidence = How sure one is
task-edit = A better version of the better response
task-asked-off = Not asked
task-asked-optional = Asked, may be left out
task-asked-required = Must be answered
task-hindsight = What happened later
task-hindsight-hint = Items can say what came of it. Half and half measures what knowing it does.
task-hindsight-none = Not shown
task-hindsight-before = Shown before the judgment
task-hindsight-split = Shown to half, before the judgment
task-chat = Where responses come from
task-chat-live = From models, while people write to them (live chat)
task-json = The whole task as JSON
task-json-hint = With what has no control above: labels, scales of one’s own, articles to comply with, words in several languages.
task-json-kind = kind must be one of { $kinds }

preview-title = As it will be seen
preview-text = Try it. What you answer here is not kept.
preview-stored = This would be stored:
sample-prompt = How should I plan my running during Ramadan?
sample-response-1 = Run **after iftar**, and drink between iftar and suhoor. Keep the first week easy.
sample-response-2 = Wait until the month is over.
sample-response-3 = Ask a doctor first. Then plan three short runs a week.
sample-response-4 = Walk in the mornings, run in the evenings.
sample-response-5 = Rest is training too.
sample-later = A week later: two easy runs, one headache.

state-title = Open or closed
study-open = This study is open.
study-paused = This study is paused: nobody gets a task. Whoever has one can still answer it.
study-closed = This study is closed for good.
study-pause = Pause
study-resume = Open again
study-close = Close for good
study-guideline = Guideline and questions
study-copy = Copy this study
study-close-title = Close this study for good?
study-close-text = Nobody gets a task or changes an answer any more, and it can’t be opened again. All data stay, and can be fitted and exported.
study-close-go = Close it
study-close-no = Leave it open
study-now-open = The study is open again
study-now-paused = The study is paused
study-now-closed = The study is closed

words-title = Name
words-save = Save
words-saved = The name is saved

invite-title = Invitations
invite-text = Whoever opens the link can take part, as often as you allow.
invite-uses = For how many people
invite-uses-wrong = Say for how many people: a whole number from 1 to { $max }
invite-until = Until (may be left empty)
invite-until-wrong = The last day must be in the future
invite-go = Make a link
invite-made = The link is made
invite-link = The link. It is shown this once.
invite-copy = Copy the link
invite-copied = The link is copied
invite-list = Invitations so far
invite-made-at = Made
invite-used = Used
invite-of = { $uses } of { $max }
invite-expires = Until
invite-never = No end

import-title = Items in
import-text = A file of prompts and responses, with judgments where it has them. Look at it first: nothing is stored until you say so.
import-file = File
import-file-hint = JSON lines, a JSON array or CSV, also as .gz.
import-file-missing = Choose a file
import-format = Format
import-format-plenum = plenum (JSON lines)
import-format-trl = trl (chosen, rejected)
import-format-hh = hh (transcripts)
import-format-csv = CSV
import-map = Which column is what, as JSON
import-map-hint = For example { $example }
import-map-wrong = The map must be a JSON object
import-pool = Name of the pool
import-pool-hint = These files don’t say who chose; each is a pool of its own.
import-look = Look at it first
import-go = Import
import-looked = { $accepted ->
    [one] { $accepted } line would be taken,
   *[other] { $accepted } lines would be taken,
} { $rejected ->
    [0] none refused.
   *[other] { $rejected } refused.
}
import-looked-part = This is about the first { $size } of the file.
import-done = { $accepted ->
    [one] { $accepted } line taken,
   *[other] { $accepted } lines taken,
} { $duplicates ->
    [0] none there already,
   *[other] { $duplicates } there already,
} { $rejected ->
    [0] none refused.
   *[other] { $rejected } refused.
}
import-progress = { $done } of { $size } sent
import-stopped = Stopped after { $done } of { $size }: { $why } Import the same file again to go on; what is in counts once.
import-stop = Stop
import-first = First items
import-prompt = Prompt
import-responses = Responses
import-more = { $n ->
    [one] and { $n } more
   *[other] and { $n } more
}
import-errors = What is refused
import-line = Line
import-where = Where
import-why = Why
import-errors-save = Save this list
import-errors-first = The first { $n } of { $all }.
import-too-large = A table or an array of more than 64 MB can’t be sent in one piece: use plenum import.
import-unreadable = The file can’t be read: { $why }
study-embeddings = Embeddings
study-webhooks = Webhooks
study-panel = Panel
known-title = Items with a known answer
known-text = Items can carry their answer (gold, in the file of items). They are extra: none of them counts as an answer to the study, and nobody is left out by them but by a qualification.
known-practice = To practise on
known-practice-hint = How many come first; after each people are told, privately, what you chose and why.
known-qualification = To qualify by
known-qualification-hint = How many come next. Who does not reach the share below gets no tasks, and is told so kindly.
known-share = Share to reach, in per cent
known-share-hint = Of the answers, those that must be like yours.
known-tries = Tries
known-tries-hint = How often one may try in all.
known-attention = To check attention, in per cent of all tasks
known-attention-hint = They look like any other. Nobody is left out by them; you see how each person did, with its interval. People are told how they did after four.
known-wrong = { $what }: a whole number from { $min } to { $max }
known-figures = Known answers, by person
known-figures-text = Those who met the expected answer least often come first. A wide interval says that there are too few answers to tell. Nobody is left out because of this.
known-who = Pseudonym
known-met = As expected
known-share-met = Share
known-of = { $met } of { $n }
study-reports = Reports
known-session = Breaks, and how much in a day
known-break = Suggest a break after minutes of work
known-break-hint = 0: not by time. Only suggested, kindly.
known-day = Tasks in 24 hours, at the most
known-day-hint = 0: no limit. Who has had so many is thanked, and told when there are more.

endpoints-title = Who answers
endpoints-text = The models that answer in this study’s chats, by OpenAI-compatible endpoints. Which of them answers a message is drawn anew each time; people see no names before the end.
endpoints-none = None yet: a chat needs as many as it shows responses, or one that answers several times.
endpoint-add = Add an endpoint
endpoint-name = Name
endpoint-name-missing = Give the endpoint a name
endpoint-name-hint = It stands in the data, and at the end of a chat that reveals who answered.
endpoint-url = Address
endpoint-url-missing = Say where it is
endpoint-url-hint = The whole of it, such as https://models.example/v1/chat/completions.
endpoint-model = Model
endpoint-model-missing = Say which model
endpoint-key = Key
endpoint-key-hint = Sealed, and shown to nobody again. It may be left out.
endpoint-parameters = Parameters, as JSON
endpoint-parameters-hint = They go into every request, such as a temperature. They may be left out.
endpoint-parameters-wrong = The parameters must be a JSON object
endpoint-go = Add
endpoint-added = The endpoint is added
endpoint-removed = The endpoint is taken out
endpoint-since = Since
endpoint-has-key = kept
endpoint-no-key = none
endpoint-remove = Take out
endpoint-remove-title = Take { $name } out?
endpoint-remove-text = It answers no more, and its key is forgotten. What it answered stays, under its name.
endpoint-remove-no = Leave it in

terms-questions = Questions about people
terms-questions-hint = Asked under a consent of their own; each may be passed by. Groups of fewer than ten are never shown.
terms-questions-none = None
terms-questions-copied = Those of the study that is copied
terms-questions-shown = { $n ->
    [one] The question
   *[other] The { $n } questions
}
terms-title = What people are told before they take part: pay, time, consent
terms-text-why = Shown before consent, and kept with the study: an export says under which conditions its data came about.
terms-minutes = Minutes that the work takes in all
terms-minutes-hint = As you measured it with people who did not know the task.
terms-minutes-wrong = Say how many minutes the work takes, as a whole number
terms-contact = Whom to write to with questions
terms-contact-missing = Say whom to write to with questions
terms-per = Pay
terms-per-none = The work is not paid
terms-per-hour = By the hour
terms-per-session = By the session
terms-per-judgment = By the judgment
terms-per-study = For the whole
terms-amount = How much
terms-amount-hint = A number such as 12.50
terms-amount-wrong = Write the amount as a number such as 12.50
terms-currency = Currency
terms-currency-hint = Its code of three letters, such as EUR
terms-currency-wrong = Write the currency as its code of three letters, such as EUR
terms-payer = Who pays
terms-ethics = Ethics review
terms-ethics-hint = Which board approved this, and under which number, if one did.
terms-text = More of the conditions
terms-text-hint = For instance when and how people are paid.
terms-consent = Consent
terms-consent-hint = What people agree to: what the data are for, who will have them, how to withdraw.
terms-warning = Warning of content
terms-warning-hint = Shown before the first task when what people will read may be hard to bear.
targets-title = Quotas from a table
targets-text = Table
targets-hint = Pasted from a spreadsheet or as CSV. The first line names the columns: questions that the study asks ({ $names }), and one column with how many are wanted. Values by their code or their words.
targets-file = Or a file (.csv, .tsv)
targets-total = Total
targets-total-hint = With a total the numbers are shares of it, as in a census: they are made counts that sum to it exactly, by largest remainder.
targets-unit = What is counted
targets-unit-judgments-study = Judgments, in the whole study
targets-unit-judgments-item = Judgments of each item
targets-unit-people-study = People
targets-open = People of no cell may work too, without a limit
targets-seen = What the table comes to
targets-sum = Together
targets-left-out = none: left out
targets-line = Line { $line }: { $fault }
targets-more = { $n ->
    [one] One more fault
   *[other] { $n } more faults
}
targets-no-question = No column is named like a question that the study asks.
targets-no-target = One column must say how many are wanted.
targets-unknown = Besides one column of numbers, these are no questions of the study: { $names }
targets-column-twice = The column { $name } is there twice.
targets-not-listed = { $name } can not be a column: a cell needs a question that takes one of its listed answers.
targets-empty = There is no line below the names of the columns.
targets-many = No more than { $max } lines.
targets-fields = { $n } fields, where there are { $wanted } columns.
targets-value = “{ $value }” is no answer to { $name }.
targets-count = “{ $value }” is no whole number of zero or more. Shares need a total.
targets-share = “{ $value }” is no number of zero or more.
targets-twice = The same cell as in line { $other }.
targets-none = No cell wants anything.
targets-total-wrong = The total is a whole number from 1 to { NUMBER($max) }.
targets-people-one = Where people are counted, the table has one question.
more-title = More or fewer
more-text = Changed while people work. What is given out or judged stays; nothing more is given than is wanted. Each change is in the log.
more-quotas = This study has quotas: all its cells stand below, and are wanted as they are when you save. A cell below what it has is closed.
more-quotas-list = Its quotas are a list by several questions; they are changed through the API.
more-save = Save what is wanted
more-saved = What is wanted is saved
quota-closed = closed
