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
join-kept-title = What is kept
join-kept-answers = Your answers
join-kept-answers-text = What you chose, the order you saw, and a reason if you wrote one. You can change or take them back until the study closes.
join-kept-time = How long you took
join-kept-time-text = The time you were active on each screen and the size of your window. It describes answers; it refuses none.
join-kept-about = About you, only if you say so
join-kept-about-text = Asked afterwards, each question optional, under a consent of its own, encrypted with a key that is yours alone.
join-kept-name = Not your name
join-kept-name-text = In this study you are a pseudonym. No address, no advertisement, no one else’s tracking.
join-agree = I have read this and agree to take part
join-consent-missing = Tick the box if you agree to take part
join-start = Agree and start
join-decline = No, thank you
join-consent-version = Consent text, version { $version }

question = Which answer is better?
prompt = The question
conversation = The conversation so far
role-user = Person
role-assistant = Model
role-system = Instruction
role-other = Other
response-name = Answer { $letter }
side-left = A
side-right = B
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
answer-given = (your answer so far)
answered = Saved: { $answer }.
undone = Taken back. Here it is again.
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
unsent-signed-out = It will be sent when you are signed in again: open your invitation link.
refused = { $count ->
    [one] The server would not take { $count } answer
   *[other] The server would not take { $count } answers
}
refused-discard = Remove it from this device
waiting-title = No connection just now
waiting-text = { $count ->
    [one] Your answer is safe on this device and will be sent by itself. The next pair comes when the connection is back.
   *[other] Your { $count } answers are safe on this device and will be sent by themselves. The next pair comes when the connection is back.
}
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
done-title = Nothing is left for you
done-text = { $judged ->
    [0] Every pair has the answers it needs. Thank you for coming.
    [one] You gave one answer. Thank you.
   *[other] You gave { $judged } answers. Thank you.
}
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
