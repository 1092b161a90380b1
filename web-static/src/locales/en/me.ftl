# What is kept of a person, and the questions about them.
demographics-title = About you
demographics-lead = A few questions about who you are. All of them are optional, and your answers to the study count the same without them.
demographics-why = They are asked so that a study can see whether a model serves some people worse than others.
demographics-apart = They are kept apart from your answers, encrypted with a key of your own.
demographics-small = Groups of fewer than ten people are never shown.
demographics-earlier = What you answer also describes what you judged before.
demographics-delete = You can change or delete them at any time.
demographics-consent = I agree that these answers are kept for this purpose
demographics-consent-missing = Tick the box if you agree, or skip all the questions
demographics-start = Start
demographics-skip-all = Skip all questions
demographics-position = Question { $position } of { $total }
demographics-multi = Choose all that apply.
demographics-own = In your own words
demographics-choose = Choose an answer, or pass this question by
demographics-pass = Pass this question by
demographics-check = Check before it is kept
demographics-save = Keep these answers
demographics-none = No questions are asked here.
prefer-not = I prefer not to say
not-answered = Not answered

me-saved = Your answers are kept.
me-nobody = In this browser you are nobody: nothing is kept under your name here.
me-about = What you said about yourself
me-about-none = Nothing. You were not asked, or you passed the questions by.
me-about-change = Change it
me-about-delete = Delete it
me-about-delete-text = Your answers about yourself are deleted. What you judged stays, without them.
me-about-delete-yes = Yes, delete it
me-communities = Your communities
me-leave-one = Leave
me-leave-one-label = Leave { $name }
me-leave-one-text = What you judged or voted stays, under your pseudonym. You cannot come back by the same invitation.
me-leave-one-yes = Yes, leave
me-leave = Leave this device
me-leave-text = Signs you out here and clears what this browser remembers of your work. What you judged is kept by the study. Answers that were not sent yet, and words you have only begun, stay here for you alone until you come back.
me-leave-unsent = Did you come by an invitation for one person? Then you cannot come back as yourself once you have signed out, and what was not sent never will be. Send it first.
me-leave-go = Sign out here
me-data = Download all of mine
me-data-text = One file with your account, what you agreed to, what you said of yourself, every answer and each change of it with your words, your chats, amendments, votes and receipts. One record a line, as JSON. Who opens the file can read it.
me-data-go = Download
me-data-done = The file is downloaded
me-erase = Delete my account and answers
me-erase-text = Your name, your sessions, what you said of yourself and the words you wrote are destroyed, in every backup too. What you judged or voted stays, under a pseudonym that leads to nobody.
me-erase-sure = This cannot be undone. Answers on this device that were not sent yet go, too.
me-erase-yes = Yes, delete everything

asked-title = { $count ->
    [one] One question about you first
   *[other] { $count } questions about you first
}
asked-lead = This study wants answers from many kinds of people, and so many from each. Before it gives you a task it has to know this, and asks nothing else.
asked-why = What you answer decides whether the study still has tasks for you. It changes neither the tasks nor how your answers count.
asked-hidden = Nobody is told which kind you are counted among. Those who run the study see how far each kind is, and no number below ten.
asked-apart = What you say about yourself is kept apart from your work, encrypted with a key of your own. You can change or delete it at any time.
asked-unsaid = You can always answer that you prefer not to say. Beside each question stands whether you can take part then.
asked-consent-missing = Tick the box if you agree, or leave the study
asked-no = No, I will not answer
asked-no-text = Then this study gives you no task. Nothing is kept about you, and what you answered in it before stays.
asked-choose = Choose an answer; to prefer not to say is one too
asked-saved = Your answers are kept.
unsaid-open = If you prefer not to say, you can take part all the same.
unsaid-closed = If you prefer not to say, this study has no task for you: it counts by this answer.
me-promise = What was promised to you
me-promise-text = As you were told when you agreed to take part.
