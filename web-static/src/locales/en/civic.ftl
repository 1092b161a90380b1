# Constitution, amendments, votes.
constitution-what = What a community holds its models to: articles that its members wrote, and can change by rules they know beforehand.
constitutions-none = No constitution is open to you here. Ask a community for an invitation.
demo-community = The demonstration community
constitution-version = Version { $version }
constitution-lead = Articles marked as fixed cannot be changed by any vote. All others change by amendment.
articles = Articles
article-immutable = Fixed: no amendment can touch this
level-principle = Principle
level-rule = Rule
level-guideline = Guideline
article-new = new
amendments-open = Open amendments
amendments-decided = Decided
amendments-none = Nothing is proposed just now.
closes = Open until { $when }
amendment = Amendment
amendment-untitled = An amendment
back-to-constitution = The whole constitution
amendment-change = What would change
amendment-rationale = Why, in the proposer’s words
amendment-facts = About this amendment
amendment-state = State
amendment-proposer = Proposed by
amendment-cost = What it cost to propose
amendment-cost-words = { $cost ->
    [one] { $cost } credit
   *[other] { $cost } credits
}
amendment-rule = It passes when
amendment-deadline = Open until (your time)
amendment-base = Changes
rule-majority = More say yes than no.
rule-two-thirds = At least two thirds of yes and no are yes.
rule-quorum = { $quorum ->
    [one] At least one vote.
   *[other] At least { $quorum } votes.
}
member = Member { $short }
outcome-adopted = It had the votes it needed.
outcome-not_enough_yes = It had not enough yes.
outcome-too_few_votes = Too few voted.
outcome-overtaken = Another amendment changed the same words first.
operation-add = A new article
operation-replace = Changed words
operation-remove = An article taken out
redline-legend = Underlined: added. Struck through: taken out.
state-open = Open for votes
state-review = In review
state-adopted = Adopted
state-rejected = Rejected
state-withdrawn = Withdrawn
tally-hidden = How others voted is shown when you have voted, or when the vote has closed.
tally-title = Votes so far
vote-title = Your vote
vote-legend = Should this amendment pass?
vote-change = You voted: { $choice }. You can change it until the vote closes.
vote-yes = Yes
vote-no = No
vote-abstain = Abstain
vote-send = Cast this vote
vote-choose = Choose yes, no or abstain
vote-saved = Your vote is stored.
vote-closed = This vote is closed.
vote-no-standing = To vote, be a member of this community.
vote-sign-in = First join with an invitation, so that your vote is yours.
community-join = Join this community
community-joined = You are a member now. Cast your vote.
receipt-title = Your receipt
receipt-text = A signed promise that your vote is in the record. Keep it: with it anyone can check that the vote was not lost.
receipt-save = Save the receipt
community-reports = Reports of amendments
talks = Conversations
talk-begin-one = Begin a conversation
talk-people = { $n ->
    [one] One person voted
   *[other] { $n } people voted
}
talk-ended = Closed
