# Joining a study and judging.
studies-title = Your studies
studies-none = You have not joined a study in this browser.
studies-join = Use an invitation
join-code-title = Use an invitation
join-code-text = Whoever runs the study gave you a link or a code.
join-code-label = Invitation link or code
join-code-unknown = This invitation is unknown, used up or past its date.
join-eyebrow = You are invited to a study
join-eyebrow-community = You are invited to a community
join-consent-community = You would be a member, under a pseudonym: you read its constitution, propose amendments within your budget, and vote. Your votes are kept and can be changed until each vote closes. You can leave at any time.
join-already = You have joined this already
join-title = A study of answers
join-simulated = The other annotators of this study are programs with stated tastes. You would be its person.
join-consent-title = What you would do
join-consent-default = You will read a question and two answers to it, and say which answer is better. Some may be about difficult subjects; you can skip any of them. Taking part is voluntary, and you can stop at any time.
conditions-title = What is promised to you
conditions-pay = Pay
conditions-pay-none = This work is not paid.
conditions-pay-per = { $per ->
    [hour] { $amount } for each hour
    [session] { $amount } for each session
    [judgment] { $amount } for each answer
   *[study] { $amount } for the whole study
}
conditions-minutes = How long it takes
conditions-minutes-about = { $minutes ->
    [one] About one minute
   *[other] About { $minutes } minutes
}
conditions-payer = Who pays
conditions-text = Conditions
conditions-ethics = Ethics approval
conditions-contact = Whom to ask
join-kept-title = What is kept
join-kept-answers = Your answers
join-kept-answers-text = What you chose, the order you saw, and a reason if you wrote one. You can change or take them back until the study closes.
join-kept-time = How long you took
join-kept-time-text = The time you were active on each screen and the size of your window; of what you write, how many keys, how many characters were pasted, and how often you left the window, as counts, and a coded trace that shows only whether two texts are nearly the same. It describes answers; it refuses none.
join-kept-about = About you, only if you say so
join-kept-about-text = Asked afterwards, each question optional, under a consent of its own, encrypted with a key that is yours alone.
join-kept-name = Not your name
join-kept-name-text = In this study you are a pseudonym. No address, no advertisement, no one else’s tracking.
join-agree = I have read this and agree to take part
join-consent-missing = Tick the box if you agree to take part
join-start = Agree and start
join-decline = No, thank you
join-consent-version = Consent text, version { $version }

guideline-title = Before you start
guideline-text = This is what the people who made this study ask you to go by.
guideline-changed = The guideline has changed
guideline-changed-text = From the next task on, please go by it as it stands here. What you have answered stays as it is.
guideline-read = I have read it
guideline-again = Version { $version }. You can read it again at any time during the work.

part-practice = To practise: { $place } of { $of }
part-practice-text = Answer as you would in the study. Afterwards you are told what its makers chose, and why. It counts for nothing else.
part-qualification = Before the study: { $place } of { $of }
part-qualification-text = Its makers know how they would answer these. Who answers enough of them alike goes on to the study.
told-met = The study’s makers chose that too
told-not-met = The study’s makers chose otherwise
told-open = What the study’s makers chose
told-yours = You
told-theirs = They
told-why = Why
told-private = This was to practise, and counts for nothing else.
told-next = Go on
break-title = You have worked for a while
break-take = Take a break
break-later = Not now
today-title = That is all for today
today-text = This study gives each person at most { $max } tasks in 24 hours, so that nobody works until they are tired. Thank you.
today-next = There are more for you from { $time }.
known-told = Some tasks have a known answer, so that it is seen whether tasks are read. Of the first { $n } of yours { $met } were answered as expected. You are told this, and the people who run the study; nobody else.
not-qualified-title = Thank you for your answers
not-qualified-text = { $n ->
    [one] The study goes on with people who answer its first question as its makers do.
   *[other] The study goes on with people who answer its first { $n } questions much as its makers do. Of yours { $met ->
        [one] one was
       *[other] { $met } were
    } like theirs.
}
not-qualified-blame = That says nothing about you, nor that you were wrong: only what this study needs.
not-qualified-again = Try again
not-qualified-left = { $count ->
    [0] There is no further try. What you answered is kept under “My data”.
    [one] There is one more try, whenever you like.
   *[other] There are { $count } more tries, whenever you like.
}

question = Which answer is better?
question-worse = Which answer is worse?
prompt = The question
conversation = The conversation so far
role-user = Person
role-assistant = Model
role-system = Instruction
role-other = Other
response-name = Answer { $letter }
letters = A B C D E F G H I J K L M N O P
response-only = The answer
later-title = What happened later
later-simulated = Simulated
later-simulated-text = A program wrote this; it did not happen.
warning-folded = Hidden until you choose to show it.
warning-show = Show it
warned = It speaks of { $words }.
warned-death = death
warned-bereavement = bereavement
warned-loss-of-a-child = the loss of a child
warned-pregnancy-loss = pregnancy loss
warned-death-of-an-animal = the death of an animal
warned-illness = illness
warned-anxiety = anxiety
warned-suicide = suicide
warned-self-harm = self-harm
warned-eating-disorders = eating disorders
warned-violence = violence
warned-sexual-violence = sexual violence
warned-abuse = abuse
warned-war = war
warned-racism = racism
warned-hatred = hatred
warned-drugs = drugs
warned-dark-imagery = dark imagery

answer-left-3 = A much better
answer-left-2 = A somewhat better
answer-left-1 = A slightly better
answer-tie = About the same
answer-right-1 = B slightly better
answer-right-2 = B somewhat better
answer-right-3 = B much better
answer-both_bad = Both are bad
answer-cannot_judge = I can’t judge this
answer-skip = Skip
answer-rather_not = I’d rather not see this
answer-undo = Undo
answer-rationale = Say why
answer-guideline = Guideline
answer-help = Help
answer-given = Change an answer
answer-stop = Stop for now
answer-pick = Choice { $n } of the marked question
answer-next_part = Next question
answer-previous_part = Question before
answer-rank_up = Up
answer-rank_down = Down
answer-rank_together = Same rank as above
answer-rank_out = Out of the ranking
answer-submit = Send the answer
given-ends = Best: { $best }. Worst: { $worst }
given-rated = Rated
step-much = { $goal ->
    [worse] { $letter } much worse
   *[other] { $letter } much better
}
step-plain = { $goal ->
    [worse] { $letter } worse
   *[other] { $letter } better
}
step-somewhat = { $goal ->
    [worse] { $letter } somewhat worse
   *[other] { $letter } somewhat better
}
step-slightly = { $goal ->
    [worse] { $letter } slightly worse
   *[other] { $letter } slightly better
}
step-barely = { $goal ->
    [worse] { $letter } barely worse
   *[other] { $letter } barely better
}
answer-so-far = (your answer so far)
answered = Saved: { $answer }.
undone = Taken back. Here it is again.
chat-gone-on = The chat has gone on from this answer. You can still change it; what was gone on with stays.
undo-failed = It could not be taken back. { $why }

rationale-label = Why? In your own words
rationale-hint = Encrypted with your own key. It goes with the answer you choose next.
progress = { $judged ->
    [0] No answer yet
    [one] { $judged } answer
   *[other] { $judged } answers
}
progress-of = { $judged } of { $total }
tools = Tools
tools-more = More
stop = Stop for now
unsent = { $count ->
    [one] { $count } answer saved on this device
   *[other] { $count } answers saved on this device
}
unsent-message = Your message is saved on this device
unsent-signed-out = It will be sent when you are signed in again: open your invitation link.
refused = { $count ->
    [one] The server would not take { $count } answer
   *[other] The server would not take { $count } answers
}
refused-discard = Remove it from this device
waiting-title = No connection just now
waiting-text = { $count ->
    [one] Your answer is safe on this device and will be sent by itself. The next one comes when the connection is back.
   *[other] Your { $count } answers are safe on this device and will be sent by themselves. The next one comes when the connection is back.
}
waiting-message = Your message is safe on this device and will be sent by itself. The answers come when the connection is back.
pause-title = { $count } answers in one go
pause-text = A pause is welcome. Stop for now keeps everything, and you go on where you left.
given-button = Change an answer
given-title = Change an answer
given-text = The answers you gave on this device, latest first. A new answer takes the place of the old one.
given-none = None yet.
reconsider = Your answer so far: { $answer }.
reconsider-keep = Leave it so
stopped-title = Stopped for now
stopped-text = { $judged ->
    [0] Come back to this address whenever you like.
    [one] Your answer is kept. Come back to this address whenever you like.
   *[other] Your { $judged } answers are kept. Come back to this address whenever you like.
}
stopped-resume = Go on
return-ask = I won’t go on: give this study back
return-title = Give this study back?
return-text = Nothing more is asked of you then, and it can’t be taken up again. What you answered may be taken out, and you may not be paid for it. If you only want a break, close this and come back later.
return-do = Give it back
done-title = Nothing is left for you
done-text = { $judged ->
    [0] Everything has the answers it needs. Thank you for coming.
    [one] You gave one answer. Thank you.
   *[other] You gave { $judged } answers. Thank you.
}
full-title = Enough people like you have answered
full-text = This study wants answers from many kinds of people, and so many from each. From people like you it has what it wants just now. Thank you for coming.
full-kept = { $judged ->
    [0] A place may come free again; you are welcome to look later.
    [one] Your answer is kept and counts. A place may come free again; you are welcome to look later.
   *[other] Your { $judged } answers are kept and count. A place may come free again; you are welcome to look later.
}
full-unsaid = If you preferred not to say what it asks about you, that may be why: some studies have no tasks then. Under “My data” you can see and change what you said; a study goes by what you had said when you came to it.
done-look-again = Look again
done-demographics-title = A few questions about you, if you like
done-demographics-text = They let a study see whom an average would hide. Each is optional, and you can delete your answers at any time.
done-demographics-go = Answer about yourself
done-demographics-no = No, skip all of them
closed-title = This study is not open just now
closed-text = It gives out no tasks. What you answered is kept.
not-joined-title = You have not joined this study here
not-joined-text = Open the invitation link you were given. If you joined in another browser, go on there.

help-title = Help
help-undo = Undo takes your last answer back. You can also change an earlier answer until the study closes.
meaning-tie = Both are equally good, or equally middling.
meaning-both_bad = Neither is acceptable. That is not the same as equal.
meaning-cannot_judge = You lack the knowledge, or the language, to tell.
meaning-skip = Leave this one to someone else. No reason needed, no harm done.
keys-title = Keys
keys-on = Use single keys. They never act while you type.
keys-action = Action
keys-key = Key
keys-change = Change
keys-change-label = Change the key for: { $action }
keys-press = Press a key …
keys-none = none
keys-reset = Restore the first keys
keys-changed = { $action }: { $key }

## From a panel
panel-code = Your code for { $panel }
panel-copy = Copy the code
panel-copied = Copied
panel-back = Back to { $panel }
panel-completed-title = You have finished
panel-completed-text = Thank you. You answered { $judged } tasks, and that is all that was agreed. Go back to { $panel } with this code, so that you are paid.
panel-screened-out-title = This study is not for you this time
panel-screened-out-text = It looks for other answers or other people than it could find in you; that says nothing about you. Go back to { $panel }.
panel-returned-title = You gave your place back
panel-returned-text = This study was returned, so nothing more is taken from you here, and it can’t be taken up again. If it is not yet so at { $panel }, return it there too.
panel-timed-out-title = The time is over
panel-timed-out-text = The time for this study has run out, so nothing more is taken from you here. What you can do about it, { $panel } tells you.
panel-started-title = Nothing is left just now
panel-started-text = You answered { $judged } tasks. There may be more in a moment; you have no code for { $panel } yet.
panel-dropped = What you answered was taken back and is not used.
panel-elsewhere-title = Come from { $panel }
panel-elsewhere-text = This study is joined by the link in { $panel }, which says who you are there. Open it there.
panel-signature-title = This link is not in order
panel-signature-text = It was not signed by { $panel }, or was changed on its way. Nothing was stored. Open the study in { $panel } once more.
panel-expired-title = This link holds no longer
panel-expired-text = Open the study in { $panel } once more; nothing is lost.
panel-full-title = No place is left
panel-full-text = Enough people have joined this study. Please return it in { $panel }, so that it does not count against you.
panel-declined-title = You take no part
panel-declined-text = Nothing was stored about you. Please return the study in { $panel }, so that somebody else has your place.
panel-declined-back = Read it once more
