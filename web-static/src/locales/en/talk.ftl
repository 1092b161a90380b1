# Conversations: statements and votes on them.
talk = Conversation
talk-next = What do you think of this?
talk-meta = This one is about the conversation itself.
talk-agree = Agree
talk-disagree = Disagree
talk-pass = Pass
talk-important = This matters much to me
talk-said-agree = You agreed.
talk-said-disagree = You disagreed.
talk-said-pass = You passed.
talk-not-stored = Your vote was not stored; choose once more.
talk-left = { $n ->
    [0] This is the last one.
    [one] One more after this.
   *[other] { $n } more after this.
}
talk-done = You have voted on all that was said
talk-done-text = Say something of your own, or come back when others have.
talk-say = Say something yourself
talk-say-label = One thought that others can agree or disagree with
talk-say-hint-after = It is shown at once, under a pseudonym. You agree with what you say.
talk-say-hint-before = It is shown, under a pseudonym, when a moderator has looked at it. You agree with what you say.
talk-say-left = { $n ->
    [one] One character left
   *[other] { $n } characters left
}
talk-say-missing = Write what you want to say
talk-say-long = A statement has at most { $max } characters
talk-say-send = Say it
talk-received-shown = It is shown now.
talk-received-waiting = Received. A moderator will look at it.
talk-received-rejected = Received before; it was not shown.
talk-received-merged = Received before; another one says the same.
talk-mine = What you said
talk-gone = Taken back by its author
talk-state-waiting = Waits for a moderator.
talk-state-shown = Shown.
talk-state-rejected = Not shown:
talk-state-merged = Joined with another:
talk-state-appealed = You asked for another decision; it will be looked at again.
talk-number = Statement { $n }
talk-appeal = Ask for another decision
talk-appeal-label = Why should it be decided otherwise?
talk-appeal-missing = Write why
talk-appeal-send = Ask
talk-appealed = Received. It will be looked at again.
talk-all = All that is said
talk-statement = Statement
talk-none = Nothing is said yet. Be the first.
talk-hidden-after_vote = How others voted on a statement is shown when you have voted on it.
talk-hidden-closed = How others voted is shown when the conversation is closed.
talk-my-vote = Your vote
talk-decided = { $n ->
    [one] One statement is not shown, and why
   *[other] { $n } statements are not shown, and why
}
talk-counts = { $people ->
    [one] One person voted
   *[other] { $people } people voted
} on { $statements ->
    [one] one statement.
   *[other] { $statements } statements.
}
talk-closed = It is closed.
talk-about-amendment = About this amendment
talk-about-article = About this article
talk-join = To vote and to say something, be a member of this community.
talk-decide = { $n ->
    [0] Decisions
    [one] Decisions: one waits
   *[other] Decisions: { $n } wait
}
talk-decisions = Decisions on statements
talk-decisions-text = Everybody sees that a statement is not shown, and the reason; its author can ask for another decision. Each decision leaves an entry in the public log.
talk-waiting = Waiting for a decision
talk-waiting-none = None waits.
talk-shown = Shown now
talk-reason = The reason, for everybody
talk-reason-hint = Name no person.
talk-reason-missing = Write the reason
talk-into = The statement that says the same
talk-into-none = Choose one to join them
talk-into-missing = Choose the statement to join it with
talk-show = Show it
talk-merge = Join them
talk-reject = Do not show it
talk-decision-stored = Decided.
talk-appeal-words = Its author asks for another decision:
talk-otherwise = Decide otherwise
talk-close = Close the conversation
talk-reopen = Open it again
talk-new = Begin a conversation
talk-title = Its question
talk-title-missing = Write the question
talk-text = What it is about
talk-seeds = What is said first
talk-seeds-hint = One statement a line. They are marked as yours.
talk-moderation = When statements are shown
talk-moderation-after = At once; moderators can take them away
talk-moderation-before = When a moderator has looked at them
talk-results = When votes of others are shown
talk-results-after_vote = After one’s own vote on the statement
talk-results-closed = When the conversation is closed
talk-results-always = Always
talk-max = Characters a statement may have
talk-closes = It ends
talk-closes-hint = Your local time. Without it, it ends when you close it.
talk-begin = Begin
