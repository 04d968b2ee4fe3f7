### All texts in English. The same keys and variables as in da.ftl; a test watches.
### Write as one speaks: short sentences, "you", no jargon without a word of explanation.

## Around every page

product = Portvagt
skip = Skip to content
other-language = Dansk
signed-in-as = Logged in as
footer-help = Can't log in?
footer-accessibility = Accessibility statement
title-error = {"Error: "}
next = Continue
back = Back
cancel = Cancel
to-front = Go to the front page
log-out = Log out
icon-error = Error
icon-info = Information
icon-success = Done
icon-warning = Warning

## Dates and waits

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
wait-seconds = { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}
wait-minutes = { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}

## Log in

login-title = Log in
login-on-the-way = You are on your way to { $service }.
login-passkey = Log in with a passkey
login-passkey-hint = With your finger, your face or the PIN of your computer, phone or security key.
login-or = or with your user name
login-user-name = User name
login-password = Password
login-submit = Log in
login-help = Can't log in?
login-refused = You could not be logged in. Check that the user name and password are right, and try again.
form-throttled = There have been too many tries. Wait { $wait } and then try again.
passkey-busy = Follow the instructions of your browser.
passkey-failed = Your passkey or security key could not be used. Try again, or log in another way.

## Second factor

factor-title = Confirm that it is you
factor-who = You are logging in as { $user }.
factor-refused = The code could not be used. Wait until your app shows a new code, and enter it.
factor-key = Use a passkey or security key
factor-key-hint = Have your phone or security key at hand.
factor-or = or with a code
factor-code = One-time code
factor-code-hint = The 6 digits that your authenticator app shows right now.
factor-submit = Confirm
factor-somebody-else = Log in as somebody else
factor-needs-script = Your browser can't use passkeys or security keys here. Turn on JavaScript, or use another browser.
factor-help = Don't have your phone or key?

## First login

activation-title = Activate your account
activation-why = This is your first login. Enter the activation code that was handed over to you. It shows that it is you who activates the account.
activation-code = Activation code
activation-code-hint = The code works once. Spaces and hyphens make no difference.
invitation-code-hint = The code works until your identity is in use. Spaces and hyphens make no difference.
activation-refused = The activation code could not be used. Check that you typed it right. If it is too old or has been used, ask for a new one.
activation-help = No activation code?

## Taking the access into use, and getting it back

invited-title = Activate your account
invited-what = You have been invited by e-mail or letter. Enter your user name and the code from it. Then you show who you are.
invited-user-name-hint = It is in the e-mail or letter, or you got it from your workplace.
invited-code = Code from the invitation
invited-refused = The invitation could not be used. Check your user name and the code. If the code is too old or has been used, ask for a new one.
recover-link = Forgotten password, or lost phone or key?
recover-title = Get back into your account
recover-what = Enter your user name and choose what is wrong. Then you show who you are. An e-mail is not enough.
recover-why = What is wrong?
recover-why-password = I have forgotten my password
recover-why-factor = I have lost my phone, passkey or security key
recover-why-unlock = I have locked my account myself and want to open it again
prove-title = Show who you are
prove-what = Before you can go on, we must be sure that it is you.
prove-what-attached = The authenticator app was prepared for you by somebody else. It counts for nothing until you have shown that it is you who has it.
prove-desk-title = With a code from your workplace
prove-desk-what = Go to the person who registers users at your workplace and show identification. They will give you a code.
prove-refused = The code could not be used. Check that you typed it right. If it is too old or has been used, ask for a new one.
prove-other-way = Show who you are in another way
recovery-code = Code from your workplace
terms-title = Terms
terms-what = Read the terms. You have to accept them before you can use your account.
terms-accept = I have read and accept the terms
terms-kept = We keep which text you accepted, and when.
new-password-title = Choose a password
new-password-first = Choose the password you will log in with. After that you add a passkey or an authenticator app.
new-password-again-what = Choose a new password. You will be logged out everywhere. After that, log in with your passkey or authenticator app as before.
new-password-factor = Choose a new password. What you lost can no longer be used, and you will be logged out everywhere. After that you add something new.
new-password-new = New password
new-password-hint = At least { $least } characters. Several words in a row are good. No special characters are needed.
new-password-again = The same again
new-password-submit = Save the password
new-password-different = The two passwords are not the same. Enter them again.
new-password-too-short = The password is too short. Use at least { $least } characters.
new-password-too-long = The password is too long. Use at most 1,024 characters.
new-password-control = The password holds a character that cannot be used.
new-password-common = The password is among the first that others guess. Choose another.
new-password-blocked = Your organisation does not allow that password. Choose another.
new-password-breached = The password was stolen somewhere else and stands in the lists that others try. Choose another.
new-password-used-before = You have used that password before. Choose another.
new-password-own-words = The password is made of your name or your organisation's. Choose another.
unlocked-title = Your account is open again
unlocked-what = Your own lock is lifted. You can log in again. If you still can't, contact your workplace.
letter-title = Activate your account
letter-hello = Dear { $name }
letter-what = You have an account at { $organisation }. With it you log in to the systems you work with and to other services.
letter-how = Go to this address and enter your user name and the code. The code works until your identity is in use.
letter-address = Address
letter-user-name = User name
letter-code = Code
letter-until = The code may be used until { $moment }.
letter-prove = Then you show who you are: with MitID, or with a code that you get in person at your workplace. This letter alone lets nobody in.
letter-safe = If you did not expect this letter, contact your workplace. Never pass the code on.

## The registrant's desk

desk-title = Registration
desk-find-title = Find a person
desk-find-label = Name, user name or CPR number
desk-find-hint = A CPR number is written with 10 digits.
desk-find-submit = Find
desk-found-title = Found
desk-found-none = Nobody fits. You can only find people of your own organisation.
desk-back = Back to registration
desk-waiting-title = Waiting for another registrant
desk-waiting-none = Nothing is waiting.
desk-waiting-what = An identity at level High counts only when another registrant has approved it.
desk-approve = Approve
desk-turn-down = Turn down
desk-approved = Approved. The identity counts now.
desk-turned-down = Turned down. The record does not count.
desk-about = About the person
desk-cpr = CPR number
desk-cpr-unknown = Not known
desk-identity = The identity is proved at level
desk-factors = Passkeys and authenticator apps
desk-access = Account
desk-access-open = Can log in
desk-access-closed = Can't log in
desk-proofs = Proofs
desk-twins = Other accounts of the same person here
desk-acts = What do you want to do?
proof-waiting = waiting for approval
proof-valid = counts
proof-revoked = taken back
desk-code-what = Look at the person's identification first, and write down what you saw. The code is shown once and is only for the person in front of you.
desk-flaw-earlier = Say who made the check and what shows it. No CPR number may stand there.
desk-flaw-date = The check must have been made before now.
desk-flaw-too-low = The person has something that counts for more than what you have seen proves. It can only be replaced with at least the same level, for example with MitID.
desk-no-cpr = It can't be told whether you are different people, because a CPR number is missing of one of you. It must be entered first.
desk-code-first = Make an activation code
desk-recover-why = What is wrong?
desk-code-recovery = Make a code for getting back into the account
desk-prove-title = Record a proof in person
desk-prove-way = The person is in front of you with a valid document.
desk-earlier-title = Take over an earlier check
desk-earlier-way = Somebody checked the identity earlier, and you have the papers.
desk-earlier-what = The earlier check must be as good as the level you choose. Keep the papers.
desk-proved-by = Who made the check
desk-proved-by-hint = For example a name and an authority. Never write a CPR number.
desk-proved-on = When
desk-proved-on-hint = Year, month, day, for example 2025-05-17.
desk-earlier-evidence = What shows it
desk-earlier-evidence-hint = For example the number of the case. Never write a CPR number.
desk-earlier-submit = Take over
desk-first-title = Hand over a code for the first login
desk-first-way = The person is to activate their account.
desk-recovery-title = Hand over a code for getting back into the account
desk-recovery-way = The person has forgotten or lost something.
desk-why-activation = Activating the account
desk-why-password = The person has forgotten their password
desk-why-factor = The person has lost their phone, passkey or security key
desk-why-unlock = The person has locked their account and wants it opened again
desk-why-attached = The person has an authenticator app that was prepared for them
desk-code-level-hint = What the person enrols with the code never counts for more than what you have seen.
desk-codes-title = Codes for people with a role
desk-codes-what = The person has a role here, so two registrants must have seen who it is. Look at the person's identification yourself before you release the code.
desk-code-for = The code is for
desk-until = Can be released until
desk-release = Release
desk-withdraw = Cancel the code
desk-released = Released. The code can be used now.
desk-withdrawn = The code is cancelled and can't be used.
desk-handed-waits = The person has a role here. Another registrant must release the code before it can be used.
desk-prove-what = You have seen the person and a valid document with a picture.
desk-kind = Document
document-passport = Passport
document-driving-licence = Driving licence
document-identity-card = Identity card
document-residence-permit = Residence permit
document-other = Other
desk-issuer = Issued by
desk-expires = Valid until (optional)
desk-expires-hint = Year, month, day, for example 2031-05-17.
desk-checked = How it was checked
checked-seen = Security features and picture were compared
checked-chip = The chip was read
checked-register = Looked up at the issuer
desk-evidence = What was seen
desk-evidence-hint = For example the document's number. Never write a CPR number.
desk-level = Level
desk-level-hint = High counts only when another registrant has approved it.
desk-when = When
desk-prove-submit = Record
desk-recorded = Recorded. The identity counts now.
desk-recorded-waits = Recorded. It counts when another registrant has approved it.
desk-flaw-form = Something is not filled in right. Check the fields, the date above all.
desk-flaw-evidence = Say who issued the document and what you saw. No CPR number may stand there.
desk-flaw-expired = The document has expired and can't be used.
desk-handed-title = The code is ready
desk-handed-who = Give the code to { $name }, who is in front of you. It is not shown again.
desk-handed-until = It works once and until { $moment }.
desk-handed-activation = The person types it on the page for activating the account.
desk-handed-recovery = The person chooses "Forgotten password, or lost phone or key?" on the login page and enters the code there.
desk-refused-title = You can't do that here
desk-refused-next = Ask another registrant for help, or contact your administrator.
desk-own = You can't record or hand over anything for yourself, under whatever account.
desk-other-organisation = The person belongs to another organisation.
desk-not-second = Whoever approves must be somebody else than the one who recorded it and the one it is about.
desk-level-too-low = You have to be logged in at level Substantial or higher.
desk-no-registrant = Only registrants come in here.

## Add a passkey or authenticator app

enrol-title = Choose how you want to log in
enrol-why = A password alone is not enough. You must also show that you have something that only you have. Choose one way now. You can add more later.
enrol-passkey-title = Passkey
enrol-passkey-what = The easiest and safest. You log in with your finger, your face or a PIN on your own computer, phone or security key. Nobody can trick a passkey out of you.
enrol-passkey-go = Create a passkey
enrol-totp-title = Authenticator app
enrol-totp-what = An app on your phone shows a new code every half minute. You enter the code when you log in.
enrol-totp-go = Use an authenticator app
enrol-totp-heading = Add an authenticator app
enrol-totp-step-1 = Get an authenticator app
enrol-totp-app = If you don't have one on your phone already, get one in your phone's app store. Ask your workplace which one to use.
enrol-totp-step-2 = Scan the code
enrol-totp-scan = Open the app, choose to add an account, and hold the phone's camera over the picture.
enrol-totp-qr = QR code for your authenticator app. If you can't scan it, the key stands as text right below.
enrol-totp-by-hand = Can't scan it? Type this key into the app:
enrol-totp-step-3 = Enter the code from the app
enrol-totp-code-hint = The 6 digits that the app shows now.
enrol-totp-submit = Add authenticator app
enrol-totp-refused = The code is not right. Wait until the app shows a new code, and enter it. If it is still not right, check that your phone's clock is correct.
enrol-passkey-heading = Add a passkey
enrol-passkey-how = Your browser will show you how. You will be asked for your finger, your face or a PIN.
enrol-passkey-name = Name (optional)
enrol-passkey-name-hint = So that you know it again. For example "Work phone".
enrol-passkey-submit = Create passkey
enrol-passkey-failed = No passkey was created. Try again, or choose another way.
enrol-passkey-exists = You have already added that device or key.
enrol-passkey-needs-script = Your browser can't create passkeys here. Turn on JavaScript, use a newer browser, or choose an authenticator app instead.

## My identity

account-title = My identity
menu-fold = Menu
menu-overview = Overview
menu-authenticators = How you log in
menu-password = Password
menu-sessions = Where you are logged in
menu-activity = Your activity
menu-details = Details and language
menu-lock = Lock your identity
way-authenticators = { $count ->
    [0] You have nothing besides your password.
    [one] You have one thing besides your password.
   *[other] You have { $count } things besides your password.
}
way-authenticators-one = Add one more, so that you can log in even if you lose it.
way-password = Chosen on { $day }.
way-sessions = { $count ->
    [one] In this browser only.
   *[other] In { $count } browsers.
}
way-activity = See when you logged in and what was changed. Tell us if it wasn't you.
way-details = See what is kept about you, choose your language, and take all of it out.
way-lock = Is something stolen, or is somebody else using your identity? Lock it at once.
way-desk = Find people, record who they are and hand over codes.
account-about = About you
account-name = Name
account-organisation = Organisation
account-level-now = You are now logged in at level
account-level-link = Why this level?
account-added = Added
account-used = Last used
account-never-used = Not used yet
account-remove = Remove
account-add-passkey = Add a passkey
account-add-totp = Add an authenticator app
account-login-this = This browser
account-end-all = Log out everywhere else
account-end-all-hint = Did you forget to log out somewhere, or have you lost a phone or computer? Then log out.
browser-on = { $browser } on { $system }
browser-unknown = Unknown browser
notice-added = Added. You can use it the next time you log in.
notice-removed = Removed. It can no longer be used for logging in.
notice-renamed = The name is changed.
notice-ended = The other browser is logged out.
notice-ended-elsewhere = You are logged out everywhere else.
notice-password = Your password is changed. You are logged out everywhere else.
notice-language = Your language is saved.

## My identity: why this level

level-title = Why this level?
account-level-why = The level says how sure a service can be that it is you. It is the lowest of these:
level-none = None
level-low = Low
level-substantial = Substantial
level-high = High
part-proofing = How your identity was checked
part-authenticators = How you logged in
part-organisation = What your organisation is approved for
method-in-person = Met in person
method-mitid = MitID
method-earlier = Earlier check that was taken over
ground-proofing = { $method }, { $day } ({ $who })
ground-use = { $kind }, { $moment }
ground-none = Your identity has not been checked yet.
lapse-waiting = Does not count yet: another member of staff must approve it.
lapse-revoked = Does not count: it was taken back.
lapse-other-cpr = Does not count: your CPR number is another one than then.
lapse-other-name = Does not count: your name is another one than then.
lapse-document = Does not count: the document you showed has expired.
part-in-order = In order
part-not-in-order = Not in order
part-access = Whether your identity is open
part-freshness = How long ago you logged in
raise-unlock = Your identity is locked. The lock must be lifted first.
raise-employment = You have no employment right now. Ask your workplace.
raise-approve = The level rises when another member of staff has approved the check of your identity.
raise-again-revoked = The check of your identity was taken back. It must be made again.
raise-again-cpr = Your CPR number has changed. Your identity must be checked again.
raise-again-name = Your name has changed. Your identity must be checked again.
raise-again-document = The document you showed has expired. Show a new one.
raise-second-factor = The level rises when you also use a code, passkey or security key.
raise-log-in-again = It is long since you confirmed that it is you. Do it again.
raise-proofing = The level rises when your identity has been checked more thoroughly, for example with a passport when you meet in person. Ask your workplace.
raise-authenticators = The level rises when you log in with a stronger passkey or security key.
raise-organisation = Only your organisation can change that.

## My identity: how you log in

kind-password = Password
kind-totp = Authenticator app
kind-passkey = Passkey or security key
kind-activation = Activation code
account-mitid = Prove who you are with MitID
notice-proved = You have proved with MitID who you are.
authenticators-what = You can use these besides your password. A passkey works without it.
attached-title = Prepared for you
attached-what = Somebody else has prepared an authenticator app for you. It counts for nothing until you show that you have it.
attached-code = Code from the app
attached-code-hint = 6 digits
attached-take = Take into use
attached-wrong = The code is wrong or was used already. Wait for the next one.
authenticators-kind = Kind
authenticators-where = Last used for
authenticators-add = Add one more
authenticators-add-what = Then you can still log in if you lose a phone or key. If some minutes have passed since you logged in, you must first confirm that it is you.
rename-go = Rename
rename-title = Give it a name
rename-name = Name
rename-submit = Save the name
remove-title = Do you want to remove it?
remove-what = It can't be used for logging in afterwards. You can add it again later.
remove-last = It is the last thing you have besides your password. If you remove it, you need a new activation code the next time you log in.
remove-submit = Yes, remove it
remove-cancel = No, keep it

## My identity: password

password-title = Change your password
password-what = Choose a password that you don't use elsewhere. Several words in a row are easy to remember and hard to guess.
password-old = Present password
password-old-refused = Your present password was not right. Try again.
password-new = New password
password-new-hint = At least { $count } characters. All characters are allowed, spaces too.
password-again = Repeat the new password
password-ends = When you change your password, you are logged out everywhere else.
password-submit = Change password
password-same = It is the same password as now. Choose another.
password-repeated = The two new passwords are not alike. Type them again.

## My identity: where you are logged in

sessions-what = If you don't recognise a login, log it out and change your password.
sessions-started = Logged in
sessions-address = Network address
sessions-services = Used for
sessions-no-services = My identity only
sessions-end = Log out
sessions-everywhere = Log out of several places at once
sessions-end-all = Log out everywhere
sessions-services-hint = You may still be logged in at the services you have used. Log out there too.

## My identity: your activity

activity-what = Here are the last 13 months, the newest first. If something wasn't you, tell us. Then we lock your identity at once.
activity-none = There is nothing to show.
activity-pages = More pages
activity-older = Show older
activity-newest = Show the newest
activity-not-me = This wasn't me
activity-unknown = I know nothing of this
deed-when = When
deed-what = What
deed-at = Service
deed-browser = Browser
deed-who = By whom
doer-oneself = Yourself
doer-somebody = Somebody who was not logged in
doer-staff = A member of staff in your organisation
doer-role-administrator = An administrator in your organisation
doer-role-registrant = A registrant in your organisation
doer-role-supporter = A member of the support staff in your organisation
doer-administrator = An administrator of Portvagt
doer-service = The service
doer-portvagt = Portvagt
deed-login = Logged in
deed-confirmed = Confirmed again that it is you
deed-failed-password = Login failed: wrong password
deed-failed-code = Login failed: the code was not right
deed-failed-locked = Login refused: your identity was locked
deed-failed-other = Login failed
deed-paused = Pause after too many wrong tries
deed-service = Logged in at a service
deed-logged-out = Logged out
deed-logged-out-there = Logged out at the service
deed-not-logged-out-there = The service could not be told that you are logged out
deed-factor-added = New way to log in added
deed-factor-removed = Way to log in removed
deed-factor-renamed = Way to log in renamed
deed-password = Password chosen or changed
deed-password-guarded = Protection of your password made stronger
deed-code-issued = Activation code issued
deed-code-used = Activation code used
deed-person-added = Your identity created
deed-renamed = Your name changed
deed-username = Your user name was changed
deed-address = Your e-mail address was changed
deed-uuid = Your number (UUID) in MitID Erhverv written down
deed-locked = Your identity locked
deed-unlocked = Your identity opened again
deed-employment = Your employment changed
deed-cpr-set = Your CPR number saved
deed-cpr-read = Your CPR number read
deed-role-granted = A role in Portvagt given to you
deed-role-revoked = A role in Portvagt taken from you
deed-terms = Terms accepted
deed-approved = Check of your identity approved
deed-proof-revoked = Check of your identity taken back
deed-proof-refused = Check of your identity refused
deed-code-released = Code released by another registrant
deed-code-withdrawn = Code cancelled
deed-attached = Authenticator app prepared for you; it counts for nothing yet
deed-attached-proved = Prepared authenticator app taken into use
deed-language = Language chosen
deed-proved = Your identity checked
deed-invited = Invitation sent to you
deed-recovery = Code for getting back into your account issued
deed-identified = Proved who you are
deed-not-identified = Who you are could not be proved
deed-mitid = MitID used
deed-activated = Your identity taken into use
deed-recovered = Your account given back
deed-reported = Reported that something wasn't you
deed-export = Your details taken out
deed-other = Other event
report-title = Wasn't it you?
report-failure = Nobody got in by this try. Lock only if you think that somebody else knows your password.
report-what = If you say yes, this happens at once:
report-does-tell = Your organisation's security staff are told.
report-submit = Yes, lock my identity
report-cancel = No, I recognise it

## My identity: details and language

details-email = E-mail
details-no-email = Not known
details-wrong = If something is wrong, tell your workplace. The details come from there. If your e-mail is changed, you are told at both the old and the new one.
details-language = Language
details-language-what = The language of the pages when you are logged in, and of the mails you get.
details-language-submit = Save language
language-da = Dansk
language-en = English
details-export = You have the right to see everything that is kept about you. You can take it out as a file.
terms-heading = Terms
terms-none = You have not been asked to accept any terms.
terms-version = Version { $version }
terms-accepted = accepted { $moment }
export-title = Take out your details
export-what = You get a file (JSON) with everything Portvagt keeps about you: details, checks of your identity, what you log in with, logins and activity.
export-care = The file also holds your CPR number if it is kept. Save it where others can't see it.
export-submit = Get the file

## Lock your identity

lock-when = Lock your identity if your phone, computer or key is stolen, or if somebody else may know your password. You can do it around the clock.
lock-does = What happens
lock-does-out = You are logged out everywhere.
lock-does-in = Nobody can log in with your identity, not even you.
lock-way-out = You open it again with MitID or by meeting in person at your workplace.
lock-submit = Lock my identity
lock-cancel = No, don't lock it
lock-by-password = Enter your user name and password. You don't need anything else.
lock-refused = Your identity could not be locked. Check that the user name and password are right, and try again.
lock-forgotten = If you can't remember your password, contact your workplace. They can lock your identity too.
report-way-out = Your workplace opens it again when they have looked into it.
locked-title = Your identity is locked
locked-what = Nobody can log in with your identity. You are logged out everywhere.
locked-security = Your organisation's security staff have been told. They may contact you.
locked-services = Log out of the services where you are still logged in, and look whether something was changed.
locked-same-password = If you use the same password elsewhere, change it there.
locked-open = Open your identity again
locked-tell = Tell your workplace what has happened.

## MitID

mitid-title = Prove who you are with MitID
mitid-why-activation = Before you can use your account, we must know that it is you.
mitid-why-password = To choose a new password you must prove that it is you.
mitid-why-factor = To replace what you log in with you must prove that it is you.
mitid-why-unlock = To open your account again you must prove that it is you.
mitid-why-raise = When you prove with MitID who you are, services can be surer that it is you. Then your assurance level can rise.
mitid-why-attached = Show that the authenticator app that was prepared for you is in your hands.
mitid-what = You use your own MitID. We get your CPR number and your name, and compare the number with the one your workplace has given us.
mitid-road-nemlogin = Continue to NemLog-in
mitid-road-broker = Continue to MitID
mitid-no-road = MitID can't be used here right now. Ask your workplace for help.
mitid-help = Need help?
mitid-leave-title = You are being sent on
mitid-leave-nemlogin = You are being sent to NemLog-in, where you use your MitID. Afterwards you come back here.
mitid-leave-broker = You are being sent on to where you use your MitID. Afterwards you come back here.
mitid-farewell-title = You are being logged out of MitID
mitid-farewell-what = MitID has answered. Now you are being logged out there, so that the next person at this computer can't use your MitID. Afterwards you come back here.
mitid-farewell-skip = Go on without being logged out there
mitid-setback-cancelled = MitID was cancelled or not completed. Nothing has changed. You can try again.
mitid-setback-failed = It could not be done with MitID just now. Nothing has changed. Try again in a little while.
mitid-setback-too-low = Your MitID was used at a lower level than we need. Try again with the MitID app, or with the code display and your password.
mitid-setback-no-cpr = We were not told your CPR number, so we can't see that it is you. Use your private MitID, not the one from your workplace.
mitid-setback-refused = We could not trust the answer that came back. Nothing has changed. Try again; if it happens again, ask for help.
mitid-setback-other-person = The MitID that was used does not belong to the person this account is for. Nothing has changed. If it was your own MitID, ask your workplace whether they have the right CPR number.
mitid-setback-not-this-way = It is you, but your account can't be opened or changed in this way right now. Nothing has changed. Contact your workplace. They can see why and help you.
mitid-setback-unreachable = MitID can't be reached just now. Nothing has changed. Try again in a little while.
mitid-refused-title = The answer from MitID could not be used
mitid-refused-what = Something came back from MitID that we can't trust or understand. Nothing has changed.
mitid-refused-next = Go back to where you began and try again. If it happens again, ask for help and give the incident code.
mitid-refused-technical = The answer was refused for this reason:

## Log out

logged-out-title = You are logged out
logged-out-what = You are now logged out.
logged-out-services = You are logged out here, but you may still be logged in at:
logged-out-there = Log out there as well.
logged-out-back = Back to { $service }
logout-services-title = Logging you out
logout-services-what = You are logged out here. Now you are also being logged out of { $service }.
logout-services-skip = Skip
logged-out-shared = If you share the computer with others, close the browser completely.
logged-out-again = Log in again
logout-title = Do you want to log out?
logout-what = You will be logged out here and must log in again the next time you use a service.
logout-stay = No, stay logged in

## On to a service

post-title = Sending you on
post-words = Sending you on to { $service } …
post-by-hand = Is nothing happening? Press Continue.

## When something goes wrong

problem-next = What you can do
problem-incident = Incident code
problem-incident-hint = Give the code if you ask for help. Then we can find out what happened.
problem-technical = For the technical contact
problem-technical-what = The request from the service was refused for this reason:
bad-request-title = We could not read the request from the service
bad-request-what = The service you came from has sent something that we can't trust or understand. It is not your fault, and you have not been logged in.
bad-request-next = Go back to the service and try again. If it happens again, tell the people behind the service.
not-found-title = The page does not exist
not-found-what = The address leads nowhere. It may be misspelt, or the page may have moved.
not-found-next = Check the address, or begin at the front page.
forbidden-title = You can't do that here
forbidden-what = Either the page has become too old, or you don't have access to what you tried.
forbidden-next = Go back, reload the page and try again. If that does not help, close the browser and log in anew.
method-title = This address can't do that
method-what = The address can't be used that way. It happens, for example, when one keeps a bookmark in the middle of a login.
method-next = Begin at the front page or at the service you wanted to use.
too-large-title = That is too much at once
too-large-what = More was sent than we accept.
too-large-next = Go back and try again with less.
too-slow-title = That took too long
too-slow-what = What you sent did not arrive in time.
too-slow-next = See whether your connection works, go back and try again.
throttled-title = Too many tries
throttled-what = There have been too many tries in a short time. For your safety we take a break.
throttled-next = Wait { $wait } and then try again.
flow-gone-title = You have to start over
flow-gone-what = Your login took too long, is already finished, or was begun in another browser.
flow-gone-next = Go back to the service you wanted to use and start over. You can also go to My identity.
flow-gone-again = Log in to My identity
login-refused-title = You can't log in
login-refused-what = Your account can't be used right now.
login-refused-next = Contact your workplace. They can see why and help you.
unavailable-title = You can't log in right now
unavailable-what = Something we depend on does not answer. It is not your fault.
unavailable-next = Try again in a little while.
internal-title = Something went wrong
internal-what = The fault is ours. It has been written down.
internal-next = Try again. If it happens again, ask for help and give the incident code.

# Why a password cannot be used
password-too-short = The password is too short. Use at least { $least } characters, for example some words that do not belong together.
password-too-long = The password is too long. Use at most 1,024 characters.
password-control-character = The password holds a character that cannot be used. Type it again.
password-common = The password is one of those that others try first. Choose another one.
password-blocked = Your organisation does not allow this password. Choose another one.
password-own-words = The password is mostly your own name or your organisation's. Choose another one.
password-breached = The password was stolen somewhere else and stands in lists that criminals use. Choose another one, and do not use it anywhere else either.
password-used-before = You have used this password before. Choose one you have not had.

## Mails

mail-hello = Hello { $name }
mail-hello-nobody = Hello
mail-when = When
mail-factor = Name
mail-kind = Kind
mail-browser = Browser
mail-browser-unknown = An unknown browser
mail-browser-on = { $browser } on { $system }
mail-code = One-time code
mail-until = Can be used until
mail-open = Go to My identity
mail-open-activation = Activate your account
mail-type-it = You can also type the address into your browser yourself.
mail-not-you = Wasn't this you? Contact your workplace at once, so that they can lock your account.
mail-not-you-lock = Wasn't this you? Lock your account on the login page at once, or contact your workplace.
mail-questions = If you have questions, contact your workplace.
mail-contact = Help: { $contact }
mail-automatic = This e-mail was sent automatically by { $organisation }, because it is about your account for the systems of your workplace.
mail-never = We never ask for your password, and our e-mails never contain a link that logs you in.
mail-invitation-subject = Activate your account
mail-invitation-text = You have been registered at { $organisation } and can now activate your account. You need the one-time code below, and you show with MitID or at your workplace that it is you. The code alone is of no use to anybody.
mail-invitation-advice = If you didn't expect this e-mail, don't use the code, and contact your workplace.
mail-activated-subject = Your account is activated
mail-activated-text = Your account at { $organisation } has been activated.
mail-factor-added-subject = A new way to log in was added
mail-factor-added-text = A new way to log in as you at { $organisation } was added.
mail-factor-removed-subject = A way to log in was removed
mail-factor-removed-text = One of your ways to log in at { $organisation } was removed and can no longer be used.
mail-password-changed-subject = Your password was changed
mail-password-changed-text = The password of your account at { $organisation } was changed.
mail-locked-subject = Your account is locked
mail-locked-text = Your account at { $organisation } is locked. Nobody can log in as you, and you have been logged out everywhere. Your workplace can tell you why, and how it is opened again.
mail-unlocked-subject = A lock was lifted
mail-unlocked-text = A lock on your account at { $organisation } was lifted.
mail-address-changed-subject = Your e-mail address was changed
mail-address-changed-text = The e-mail address to which { $organisation } writes about your account was changed. This e-mail was sent to both the old and the new address.
mail-new-device-subject = New login from a browser we don't know
mail-new-device-text = Somebody logged in as you at { $organisation } with a browser that wasn't used before. This also happens when you have deleted cookies or use a private window.
mail-recovery-begun-subject = Somebody is getting back into your account
mail-recovery-begun-text = Somebody is about to replace your password or what you log in with at { $organisation }.
mail-recovery-done-subject = You are back in your account
mail-recovery-done-text = Your account at { $organisation } was given back. The old password or way to log in can no longer be used.
mail-many-failures-subject = Many failed tries to log in as you
mail-many-failures-text = Somebody has tried many times to log in as you at { $organisation } and failed. They did not get in, and for a while no more tries are allowed.
mail-many-failures-advice = If it was you, wait a little and try again. If it wasn't, there is nothing you must do; but change your password if others may know it.
mail-person = Person (id)
mail-incident = Incident code
mail-automatic-security = This mail was sent automatically by { $organisation } to the address that the organisation has given for security incidents.
mail-suspicion-subject = Suspected misuse of an identity
mail-suspicion-reported = An employee of { $organisation } has reported that an event of their identity was not their own doing. The identity is locked, and all its logins have ended.
mail-suspicion-misuse = An identity at { $organisation } is locked because somebody else may be using it. All its logins have ended.
mail-suspicion-failures = Somebody has tried in vain so many times to log in as an employee of { $organisation } that logins from browsers not used before are barred.
mail-suspicion-advice = Look the incident code up in the audit trail. An administrator lifts the lock; the way to log in that the report is about is removed with it.
mail-test-subject = Test mail
mail-test-text = { $organisation } can send mails from Portvagt. This mail was sent by somebody who looks after the system, to try it.

## Pages for everybody

front-title = Front page
front-heading = Log in at { $organisation }
front-what = Portvagt shows your work systems and other services that it is you. On My identity you can see your details, add a passkey and see where you are logged in.
front-go = Log in to My identity
front-services = If you want to use a service, begin there. It sends you here when you have to log in.
help-title = Can't log in?
help-password-title = Forgotten user name or password
help-password = First check whether Caps Lock is on. If you have forgotten your password, you can choose a new one with MitID or with a code from your workplace. If you don't know your user name, contact your workplace. They can't see your password.
help-wait-title = Too many tries
help-wait = After several wrong tries you have to wait a little before you can try again. The page shows how long. If you have a passkey, you can use it meanwhile.
help-device-title = New, missing or forgotten phone or security key
help-device = Log in with something else that you have added, and remove the old one on My identity. If you have nothing else, you can prove who you are with MitID or with a code from your workplace, and add something new. If your phone or key was stolen, lock your identity at once.
help-code-title = The one-time code is refused
help-code = Each code works only once. Wait for the next one. If that does not help, set your phone's clock to go by itself.
help-activation-title = Activation code
help-activation = The first time you log in you need the code from your invitation, or an activation code from the person who registered you.
help-ask-title = Get help
help-ask = Contact your workplace. If the page shows an incident code, give it.
help-never = Nobody needs your password to help you. Never give it to anyone.
statement-who = { $organisation } is obliged to make this website accessible under the Danish act on accessibility of public bodies' websites and mobile applications (act no. 692 of 8 June 2018).
statement-how-title = How the pages are made
statement-how = The pages are built to meet WCAG 2.1 level AA and the demand for accessible login in WCAG 2.2. They can be used with a keyboard, a screen reader, enlarged to 400% and without JavaScript. Passwords and one-time codes can be pasted and filled in by your browser. They are tested automatically at every change.
statement-known-title = Known shortcomings
statement-known = Passkeys and security keys need JavaScript, and we have no say over the browser's own windows. You can always log in with a password and an authenticator app instead. Not everybody can see the QR code; therefore the key also stands as text.
statement-tell-title = Tell us about faults
statement-tell = If you meet something you can't use, write to us or call us.
statement-complain-title = Supervision and complaints
statement-complain = The Danish Agency for Digital Government (Digitaliseringsstyrelsen) supervises the act. If you are not satisfied with our answer, you can turn to it.
