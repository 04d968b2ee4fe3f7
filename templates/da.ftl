### Alle tekster på dansk. Samme nøgler og variabler som i en.ftl; en test holder øje.
### Skriv som man taler: korte sætninger, du-form, ingen fagord uden forklaring.

## Rammen om alle sider

product = Portvagt
skip = Gå til sidens indhold
other-language = English
signed-in-as = Logget ind som
footer-help = Kan du ikke logge ind?
# With a soft hyphen: as a heading the word is wider than a phone.
footer-accessibility = Tilgængeligheds{"\u00AD"}erklæring
title-error = {"Fejl: "}
next = Næste
back = Tilbage
cancel = Annuller
to-front = Gå til forsiden
log-out = Log ud
icon-error = Fejl
icon-info = Information
icon-success = Gennemført
icon-warning = Advarsel

## Datoer og ventetid

month-1 = januar
month-2 = februar
month-3 = marts
month-4 = april
month-5 = maj
month-6 = juni
month-7 = juli
month-8 = august
month-9 = september
month-10 = oktober
month-11 = november
month-12 = december
wait-seconds = { $seconds ->
    [one] et sekund
   *[other] { $seconds } sekunder
}
wait-minutes = { $minutes ->
    [one] et minut
   *[other] { $minutes } minutter
}

## Log ind

login-title = Log ind
login-on-the-way = Du er på vej til { $service }.
login-passkey = Log ind med passkey
login-passkey-hint = Med din finger, dit ansigt eller pinkoden til din computer, telefon eller sikkerhedsnøgle.
login-or = eller med brugernavn
login-user-name = Brugernavn
login-password = Adgangskode
login-submit = Log ind
login-help = Kan du ikke logge ind?
login-refused = Du kunne ikke logge ind. Tjek, at brugernavn og adgangskode er rigtige, og prøv igen.
form-throttled = Der har været for mange forsøg. Vent { $wait }, og prøv så igen.
passkey-busy = Følg vejledningen fra din browser.
passkey-failed = Det lykkedes ikke at bruge din passkey eller sikkerhedsnøgle. Prøv igen, eller log ind på en anden måde.

## Anden faktor

factor-title = Bekræft, at det er dig
factor-who = Du er ved at logge ind som { $user }.
factor-refused = Koden kunne ikke bruges. Vent, til din app viser en ny kode, og indtast den.
factor-key = Brug passkey eller sikkerhedsnøgle
factor-key-hint = Hav din telefon eller sikkerhedsnøgle klar.
factor-or = eller med en kode
factor-code = Engangskode
factor-code-hint = De 6 cifre, som din kodeapp viser lige nu.
factor-submit = Bekræft
factor-somebody-else = Log ind som en anden
factor-needs-script = Din browser kan ikke bruge passkeys eller sikkerhedsnøgler her. Slå JavaScript til, eller brug en anden browser.
factor-help = Har du ikke din telefon eller nøgle?

## Første login

activation-title = Tag din adgang i brug
activation-why = Det er første gang, du logger ind. Indtast den aktiveringskode, du har fået udleveret. Den viser, at det er dig, der tager adgangen i brug.
activation-code = Aktiveringskode
activation-code-hint = Koden gælder én gang. Mellemrum og bindestreger betyder ikke noget.
invitation-code-hint = Koden gælder, indtil din adgang er taget i brug. Mellemrum og bindestreger betyder ikke noget.
activation-refused = Aktiveringskoden kunne ikke bruges. Tjek, at den er skrevet rigtigt. Er den for gammel eller brugt, skal du bede om en ny.
activation-help = Har du ikke fået en aktiveringskode?

## Tag adgangen i brug, og få den tilbage

invited-title = Tag din adgang i brug
invited-what = Du har fået en invitation i en mail eller et brev. Skriv dit brugernavn og koden derfra. Bagefter skal du vise, hvem du er.
invited-user-name-hint = Det står i mailen eller brevet. Ellers har du fået det af din arbejdsplads.
invited-code = Kode fra invitationen
invited-refused = Invitationen kunne ikke bruges. Tjek brugernavn og kode. Er koden for gammel eller brugt, skal du bede om en ny.
recover-link = Glemt adgangskode, eller mistet telefon eller nøgle?
recover-title = Få din adgang tilbage
recover-what = Skriv dit brugernavn, og vælg, hvad der er galt. Bagefter skal du vise, hvem du er. En mail er ikke nok.
recover-why = Hvad er der galt?
recover-why-password = Jeg har glemt min adgangskode
recover-why-factor = Jeg har mistet min telefon, passkey eller sikkerhedsnøgle
recover-why-unlock = Jeg har selv spærret min adgang og vil have den åbnet igen
prove-title = Vis, hvem du er
prove-what = Før du kan komme videre, skal vi være sikre på, at det er dig.
prove-what-attached = Kodeappen er gjort klar til dig af en anden. Den gælder ikke for noget, før du har vist, at det er dig, der har den.
prove-desk-title = Med en kode fra din arbejdsplads
prove-desk-what = Mød op hos den, der registrerer brugere på din arbejdsplads, og vis legitimation. Så får du en kode.
prove-refused = Koden kunne ikke bruges. Tjek, at den er skrevet rigtigt. Er den for gammel eller brugt, skal du bede om en ny.
prove-other-way = Vis på en anden måde, hvem du er
recovery-code = Kode fra din arbejdsplads
terms-title = Vilkår
terms-what = Læs vilkårene. Du skal acceptere dem, før du kan bruge din adgang.
terms-accept = Jeg har læst og accepterer vilkårene
terms-kept = Vi gemmer, hvilken tekst du har accepteret, og hvornår.
new-password-title = Vælg en adgangskode
new-password-first = Vælg den adgangskode, du vil logge ind med. Bagefter tilføjer du en passkey eller en kodeapp.
new-password-again-what = Vælg en ny adgangskode. Du bliver logget ud alle steder. Bagefter skal du logge ind med din passkey eller kodeapp som før.
new-password-factor = Vælg en ny adgangskode. Det, du har mistet, kan ikke bruges længere, og du bliver logget ud alle steder. Bagefter tilføjer du noget nyt.
new-password-new = Ny adgangskode
new-password-hint = Mindst { $least } tegn. Gerne flere ord efter hinanden. Du behøver ingen særlige tegn.
new-password-again = Den samme igen
new-password-submit = Gem adgangskoden
new-password-different = De to adgangskoder er ikke ens. Skriv dem igen.
new-password-too-short = Adgangskoden er for kort. Brug mindst { $least } tegn.
new-password-too-long = Adgangskoden er for lang. Brug højst 1.024 tegn.
new-password-control = Adgangskoden indeholder et tegn, der ikke kan bruges.
new-password-common = Adgangskoden er en af dem, som andre gætter først. Vælg en anden.
new-password-blocked = Din organisation tillader ikke den adgangskode. Vælg en anden.
new-password-breached = Adgangskoden er blevet stjålet et andet sted og er på de lister, som andre prøver. Vælg en anden.
new-password-used-before = Den adgangskode har du brugt før. Vælg en anden.
new-password-own-words = Adgangskoden består af dit navn eller din organisations navn. Vælg en anden.
unlocked-title = Din adgang er åben igen
unlocked-what = Din egen spærring er ophævet. Du kan logge ind igen. Kan du stadig ikke, så kontakt din arbejdsplads.
letter-title = Tag din adgang i brug
letter-hello = Kære { $name }
letter-what = Du har fået en adgang hos { $organisation }. Med den logger du ind på dine fagsystemer og andre tjenester.
letter-how = Gå til adressen her, og skriv dit brugernavn og koden. Koden gælder, indtil din adgang er taget i brug.
letter-address = Adresse
letter-user-name = Brugernavn
letter-code = Kode
letter-until = Koden gælder til { $moment }.
letter-prove = Bagefter skal du vise, hvem du er: med MitID eller med en kode, som du får ved at møde op på din arbejdsplads. Brevet alene giver ingen adgang.
letter-safe = Har du ikke ventet dette brev, så kontakt din arbejdsplads. Giv aldrig koden videre.

## Registreringsskranken

desk-title = Registrering
desk-find-title = Find en person
desk-find-label = Navn, brugernavn eller CPR-nummer
desk-find-hint = Et CPR-nummer skrives med 10 cifre.
desk-find-submit = Find
desk-found-title = Fundet
desk-found-none = Ingen passer til det, du søgte. Du kan kun finde folk i din egen organisation.
desk-back = Tilbage til registrering
desk-waiting-title = Venter på en anden registrator
desk-waiting-none = Der venter ikke noget.
desk-waiting-what = En identitet på niveau Høj gælder først, når en anden registrator har godkendt den.
desk-approve = Godkend
desk-turn-down = Afvis
desk-approved = Godkendt. Identiteten gælder nu.
desk-turned-down = Afvist. Registreringen gælder ikke.
desk-about = Om personen
desk-cpr = CPR-nummer
desk-cpr-unknown = Kendes ikke
desk-identity = Identiteten er kontrolleret på niveau
desk-factors = Passkeys og kodeapps
desk-access = Adgang
desk-access-open = Kan logge ind
desk-access-closed = Kan ikke logge ind
desk-proofs = Kontroller
desk-twins = Personens andre adgange her
desk-acts = Hvad vil du gøre?
proof-waiting = venter på godkendelse
proof-valid = gælder
proof-revoked = trukket tilbage
desk-code-what = Se personens legitimation først, og skriv ned, hvad du så. Koden vises én gang og er kun til den person, der står foran dig.
desk-flaw-earlier = Skriv, hvem der kontrollerede, og hvad der viser det. Der må ikke stå et CPR-nummer.
desk-flaw-date = Kontrollen skal være foretaget før nu.
desk-flaw-too-low = Personen har noget, der gælder for mere end det, du har set. Det kan kun erstattes på mindst samme niveau, for eksempel med MitID.
desk-no-cpr = Det kan ikke afgøres, om I er forskellige personer, fordi et CPR-nummer mangler for en af jer. Det skal registreres først.
desk-code-first = Lav aktiveringskode
desk-recover-why = Hvad er der galt?
desk-code-recovery = Lav kode til at få adgangen tilbage
desk-prove-title = Registrer personligt fremmøde
desk-prove-way = Personen står foran dig med et gyldigt dokument.
desk-earlier-title = Overtag en tidligere kontrol
desk-earlier-way = Identiteten er kontrolleret før, og du har papirerne på det.
desk-earlier-what = Den tidligere kontrol skal være lige så god som det niveau, du vælger. Gem papirerne.
desk-proved-by = Hvem kontrollerede
desk-proved-by-hint = For eksempel et navn og en myndighed. Skriv aldrig et CPR-nummer.
desk-proved-on = Hvornår
desk-proved-on-hint = År, måned, dag, for eksempel 2025-05-17.
desk-earlier-evidence = Hvad viser det
desk-earlier-evidence-hint = For eksempel sagens nummer. Skriv aldrig et CPR-nummer.
desk-earlier-submit = Overtag
desk-first-title = Udlever en kode til første login
desk-first-way = Personen skal tage sin adgang i brug.
desk-recovery-title = Udlever en kode til at få adgangen tilbage
desk-recovery-way = Personen har glemt eller mistet noget.
desk-why-activation = At tage adgangen i brug
desk-why-password = Personen har glemt sin adgangskode
desk-why-factor = Personen har mistet sin telefon, passkey eller sikkerhedsnøgle
desk-why-unlock = Personen har selv spærret sin adgang og vil have den åbnet igen
desk-why-attached = Personen har en kodeapp, der er gjort klar til dem
desk-code-level-hint = Det, personen opretter med koden, gælder aldrig for mere end det, du har set.
desk-codes-title = Koder til folk med en rolle
desk-codes-what = Personen har en rolle her, så to registratorer skal have set, hvem det er. Se selv personens legitimation, før du frigiver koden.
desk-code-for = Koden er til
desk-until = Kan frigives til
desk-release = Frigiv
desk-withdraw = Annuller koden
desk-released = Frigivet. Koden kan bruges nu.
desk-withdrawn = Koden er annulleret og kan ikke bruges.
desk-handed-waits = Personen har en rolle her. En anden registrator skal frigive koden, før den kan bruges.
desk-prove-what = Du har set personen og et gyldigt dokument med billede.
desk-kind = Dokument
document-passport = Pas
document-driving-licence = Kørekort
document-identity-card = Identitetskort
document-residence-permit = Opholdstilladelse
document-other = Andet
desk-issuer = Udstedt af
desk-expires = Gyldigt til (valgfrit)
desk-expires-hint = År, måned, dag, for eksempel 2031-05-17.
desk-checked = Sådan er det kontrolleret
checked-seen = Sikkerhedstræk og billede er sammenlignet
checked-chip = Chippen er læst
checked-register = Slået op hos udstederen
desk-evidence = Hvad blev set
desk-evidence-hint = For eksempel dokumentets nummer. Skriv aldrig et CPR-nummer.
desk-level = Niveau
desk-level-hint = Høj gælder først, når en anden registrator har godkendt.
desk-when = Hvornår
desk-prove-submit = Registrer
desk-recorded = Registreret. Identiteten gælder nu.
desk-recorded-waits = Registreret. Det gælder, når en anden registrator har godkendt.
desk-flaw-form = Noget er ikke udfyldt rigtigt. Tjek felterne, især datoen.
desk-flaw-evidence = Skriv, hvem der har udstedt dokumentet, og hvad du så. Der må ikke stå et CPR-nummer.
desk-flaw-expired = Dokumentet er udløbet og kan ikke bruges.
desk-handed-title = Koden er klar
desk-handed-who = Giv koden til { $name }, som står foran dig. Den vises ikke igen.
desk-handed-until = Den gælder én gang og til { $moment }.
desk-handed-activation = Personen skriver koden på siden "Tag din adgang i brug".
desk-handed-recovery = Personen vælger "Glemt adgangskode, eller mistet telefon eller nøgle?" på login-siden og skriver koden dér.
desk-refused-title = Det kan du ikke her
desk-refused-next = Bed en anden registrator om hjælp, eller kontakt din administrator.
desk-own = Du kan ikke registrere eller udlevere noget til dig selv, heller ikke under en anden adgang.
desk-other-organisation = Personen hører til en anden organisation.
desk-not-second = Den, der godkender, skal være en anden end den, der registrerede, og den, det handler om.
desk-level-too-low = Du skal være logget ind på niveau Betydelig eller højere.
desk-no-registrant = Kun registratorer har adgang her.

## Tilføj passkey eller kodeapp

enrol-title = Vælg, hvordan du vil logge ind
enrol-why = En adgangskode er ikke nok alene. Du skal også vise, at du har noget, som kun du har. Vælg én måde nu. Du kan tilføje flere senere.
enrol-passkey-title = Passkey
enrol-passkey-what = Det letteste og sikreste. Du logger ind med din finger, dit ansigt eller en pinkode på din egen computer, telefon eller sikkerhedsnøgle. Ingen kan lokke en passkey fra dig.
enrol-passkey-go = Opret en passkey
enrol-totp-title = Kodeapp
enrol-totp-what = En app på din telefon viser en ny kode hvert halve minut. Du skriver koden, når du logger ind.
enrol-totp-go = Brug en kodeapp
enrol-totp-heading = Tilføj kodeapp
enrol-totp-step-1 = Hent en kodeapp
enrol-totp-app = Har du ikke en på telefonen i forvejen, så hent en i telefonens app-butik. Spørg din arbejdsplads, hvilken I bruger.
enrol-totp-step-2 = Scan koden
enrol-totp-scan = Åbn appen, vælg at tilføje en konto, og hold telefonens kamera hen over billedet.
enrol-totp-qr = QR-kode til din kodeapp. Kan du ikke scanne den, står nøglen som tekst lige under.
enrol-totp-by-hand = Kan du ikke scanne? Skriv nøglen her i appen:
enrol-totp-step-3 = Skriv koden fra appen
enrol-totp-code-hint = De 6 cifre, som appen viser nu.
enrol-totp-submit = Tilføj kodeapp
enrol-totp-refused = Koden passer ikke. Vent, til appen viser en ny kode, og skriv den. Passer den stadig ikke, så tjek, at telefonens ur går rigtigt.
enrol-passkey-heading = Tilføj passkey
enrol-passkey-how = Din browser viser dig vejen. Du bliver bedt om din finger, dit ansigt eller en pinkode.
enrol-passkey-name = Navn (valgfrit)
enrol-passkey-name-hint = Så du kan kende den igen. For eksempel "Arbejdstelefon".
enrol-passkey-submit = Opret passkey
enrol-passkey-failed = Der blev ikke oprettet en passkey. Prøv igen, eller vælg en anden måde.
enrol-passkey-exists = Den enhed eller nøgle har du allerede tilføjet.
enrol-passkey-needs-script = Din browser kan ikke oprette passkeys her. Slå JavaScript til, brug en nyere browser, eller vælg en kodeapp i stedet.

## Min identitet

account-title = Min identitet
menu-fold = Menu
menu-overview = Overblik
menu-authenticators = Sådan logger du ind
menu-password = Adgangskode
menu-sessions = Her er du logget ind
menu-activity = Din aktivitet
menu-details = Oplysninger og sprog
menu-lock = Spær din identitet
way-authenticators = { $count ->
    [0] Du har ikke andet end din adgangskode.
    [one] Du har én ting ud over din adgangskode.
   *[other] Du har { $count } ting ud over din adgangskode.
}
way-authenticators-one = Tilføj en mere, så du også kan logge ind, hvis du mister den.
way-password = Valgt { $day }.
way-sessions = { $count ->
    [one] Kun i denne browser.
   *[other] I { $count } browsere.
}
way-activity = Se, hvornår du har logget ind, og hvad der er ændret. Sig til, hvis det ikke var dig.
way-details = Se, hvad der står om dig, vælg sprog, og hent det hele.
way-lock = Er noget stjålet, eller bruger en anden din identitet? Spær den med det samme.
way-desk = Find folk, registrer, hvem de er, og udlever koder.
account-about = Om dig
account-name = Navn
account-organisation = Organisation
account-level-now = Du er nu logget ind på niveau
account-level-link = Hvorfor dette niveau?
account-added = Tilføjet
account-used = Sidst brugt
account-never-used = Ikke brugt endnu
account-remove = Fjern
account-add-passkey = Tilføj passkey
account-add-totp = Tilføj kodeapp
account-login-this = Denne browser
account-end-all = Log ud alle andre steder
account-end-all-hint = Har du glemt at logge ud et sted, eller har du mistet en telefon eller computer? Så log ud.
browser-on = { $browser } på { $system }
browser-unknown = Ukendt browser
notice-added = Tilføjet. Du kan bruge den, næste gang du logger ind.
notice-removed = Fjernet. Den kan ikke længere bruges til at logge ind.
notice-renamed = Navnet er ændret.
notice-ended = Den anden browser er logget ud.
notice-ended-elsewhere = Du er logget ud alle andre steder.
notice-password = Din adgangskode er skiftet. Du er logget ud alle andre steder.
notice-language = Dit sprog er gemt.

## Min identitet: hvorfor dette niveau

level-title = Hvorfor dette niveau?
account-level-why = Niveauet siger, hvor sikkert en tjeneste kan regne med, at det er dig. Det er det laveste af disse:
level-none = Intet
level-low = Lav
level-substantial = Betydelig
level-high = Høj
part-proofing = Hvordan din identitet er kontrolleret
part-authenticators = Hvordan du loggede ind
part-organisation = Hvad din organisation er godkendt til
method-in-person = Personligt fremmøde
method-mitid = MitID
method-earlier = Tidligere kontrol, som er overtaget
ground-proofing = { $method }, { $day } ({ $who })
ground-use = { $kind }, { $moment }
ground-none = Din identitet er ikke kontrolleret endnu.
lapse-waiting = Tæller ikke endnu: en anden medarbejder skal godkende.
lapse-revoked = Tæller ikke: den er taget tilbage.
lapse-other-cpr = Tæller ikke: dit CPR-nummer er et andet end dengang.
lapse-other-name = Tæller ikke: dit navn er et andet end dengang.
lapse-document = Tæller ikke: det dokument, du viste, er udløbet.
part-in-order = I orden
part-not-in-order = Ikke i orden
part-access = Om din identitet er åben
part-freshness = Hvor længe siden du loggede ind
raise-unlock = Din identitet er spærret. Spærringen skal først ophæves.
raise-employment = Du har ikke en ansættelse lige nu. Spørg din arbejdsplads.
raise-approve = Niveauet bliver højere, når en anden medarbejder har godkendt kontrollen af din identitet.
raise-again-revoked = Kontrollen af din identitet er taget tilbage. Den skal laves igen.
raise-again-cpr = Dit CPR-nummer er ændret. Din identitet skal kontrolleres igen.
raise-again-name = Dit navn er ændret. Din identitet skal kontrolleres igen.
raise-again-document = Det dokument, du viste, er udløbet. Vis et nyt.
raise-second-factor = Niveauet bliver højere, når du også bruger en kode, passkey eller sikkerhedsnøgle.
raise-log-in-again = Det er længe siden, du bekræftede, at det er dig. Gør det igen.
raise-proofing = Niveauet bliver højere, når din identitet er kontrolleret bedre, for eksempel med pas ved personligt fremmøde. Spørg din arbejdsplads.
raise-authenticators = Niveauet bliver højere, når du logger ind med en stærkere passkey eller sikkerhedsnøgle.
raise-organisation = Det kan kun din organisation ændre.

## Min identitet: sådan logger du ind

kind-password = Adgangskode
kind-totp = Kodeapp
kind-passkey = Passkey eller sikkerhedsnøgle
kind-activation = Aktiveringskode
account-mitid = Bevis med MitID, hvem du er
notice-proved = Du har bevist med MitID, hvem du er.
authenticators-what = Det her kan du bruge ud over din adgangskode. En passkey kan bruges helt uden.
attached-title = Gjort klar til dig
attached-what = En anden har gjort en kodeapp klar til dig. Den gælder ikke for noget, før du viser, at du har den.
attached-code = Kode fra appen
attached-code-hint = 6 cifre
attached-take = Tag i brug
attached-wrong = Koden er forkert eller er brugt. Vent på den næste.
authenticators-kind = Slags
authenticators-where = Sidst brugt til
authenticators-add = Tilføj en mere
authenticators-add-what = Så kan du stadig logge ind, hvis du mister en telefon eller nøgle. Er der gået nogle minutter, siden du loggede ind, skal du først bekræfte, at det er dig.
rename-go = Omdøb
rename-title = Giv den et navn
rename-name = Navn
rename-submit = Gem navnet
remove-title = Vil du fjerne den?
remove-what = Den kan ikke bruges til at logge ind bagefter. Du kan tilføje den igen senere.
remove-last = Det er det sidste, du har ud over din adgangskode. Fjerner du den, skal du bruge en ny aktiveringskode, næste gang du logger ind.
remove-submit = Ja, fjern den
remove-cancel = Nej, behold den

## Min identitet: adgangskode

password-title = Skift adgangskode
password-what = Vælg en adgangskode, som du ikke bruger andre steder. Flere ord efter hinanden er nemme at huske og svære at gætte.
password-old = Nuværende adgangskode
password-old-refused = Din nuværende adgangskode var ikke rigtig. Prøv igen.
password-new = Ny adgangskode
password-new-hint = Mindst { $count } tegn. Alle tegn er tilladt, også mellemrum.
password-again = Gentag den nye adgangskode
password-ends = Når du skifter adgangskode, bliver du logget ud alle andre steder.
password-submit = Skift adgangskode
password-same = Det er den samme adgangskode som nu. Vælg en anden.
password-repeated = De to nye adgangskoder er ikke ens. Skriv dem igen.

## Min identitet: her er du logget ind

sessions-what = Genkender du ikke et login, så log det ud, og skift din adgangskode.
sessions-started = Logget ind
sessions-address = Netværksadresse
sessions-services = Brugt til
sessions-no-services = Kun Min identitet
sessions-end = Log ud
sessions-everywhere = Log ud flere steder på én gang
sessions-end-all = Log ud overalt
sessions-services-hint = Du er måske stadig logget ind i de tjenester, du har brugt. Log også ud der.

## Min identitet: din aktivitet

activity-what = Her er de seneste 13 måneder, det nyeste først. Er der noget, som ikke var dig, så sig til. Så spærrer vi din identitet med det samme.
activity-none = Der er ikke noget at vise.
activity-pages = Flere sider
activity-older = Vis ældre
activity-newest = Vis de nyeste
activity-not-me = Det var ikke mig
activity-unknown = Det kender jeg ikke til
deed-when = Hvornår
deed-what = Hvad
deed-at = Tjeneste
deed-browser = Browser
deed-who = Af hvem
doer-oneself = Dig selv
doer-somebody = En, der ikke var logget ind
doer-staff = En medarbejder i din organisation
doer-role-administrator = En administrator i din organisation
doer-role-registrant = En registreringsmedarbejder i din organisation
doer-role-supporter = En supportmedarbejder i din organisation
doer-administrator = En administrator af Portvagt
doer-service = Tjenesten
doer-portvagt = Portvagt
deed-login = Logget ind
deed-confirmed = Bekræftet igen, at det er dig
deed-failed-password = Login mislykkedes: forkert adgangskode
deed-failed-code = Login mislykkedes: koden passede ikke
deed-failed-locked = Login afvist: din identitet var spærret
deed-failed-other = Login mislykkedes
deed-paused = Pause efter for mange forkerte forsøg
deed-service = Logget ind i en tjeneste
deed-logged-out = Logget ud
deed-logged-out-there = Logget ud hos tjenesten
deed-not-logged-out-there = Tjenesten kunne ikke få besked om, at du er logget ud
deed-factor-added = Ny måde at logge ind på tilføjet
deed-factor-removed = Måde at logge ind på fjernet
deed-factor-renamed = Måde at logge ind på omdøbt
deed-password = Adgangskode valgt eller skiftet
deed-password-guarded = Beskyttelsen af din adgangskode gjort stærkere
deed-code-issued = Aktiveringskode udstedt
deed-code-used = Aktiveringskode brugt
deed-person-added = Din identitet oprettet
deed-renamed = Dit navn ændret
deed-username = Dit brugernavn blev ændret
deed-address = Din mailadresse blev ændret
deed-uuid = Dit nummer (UUID) i MitID Erhverv skrevet ned
deed-locked = Din identitet spærret
deed-unlocked = Din identitet åbnet igen
deed-employment = Din ansættelse ændret
deed-cpr-set = Dit CPR-nummer gemt
deed-cpr-read = Dit CPR-nummer læst
deed-role-granted = En rolle i Portvagt givet til dig
deed-role-revoked = En rolle i Portvagt taget fra dig
deed-terms = Vilkår accepteret
deed-approved = Kontrol af din identitet godkendt
deed-proof-revoked = Kontrol af din identitet taget tilbage
deed-proof-refused = Kontrol af din identitet afvist
deed-code-released = Kode frigivet af en anden registrator
deed-code-withdrawn = Kode annulleret
deed-attached = Kodeapp gjort klar til dig; den gælder ikke for noget endnu
deed-attached-proved = Kodeapp, der var gjort klar, taget i brug
deed-language = Sprog valgt
deed-proved = Din identitet kontrolleret
deed-invited = Invitation sendt til dig
deed-recovery = Kode til at få adgangen tilbage udstedt
deed-identified = Bevist, hvem du er
deed-not-identified = Det lykkedes ikke at bevise, hvem du er
deed-mitid = MitID brugt
deed-activated = Din identitet taget i brug
deed-recovered = Din adgang givet tilbage
deed-reported = Meldt, at noget ikke var dig
deed-export = Dine oplysninger hentet
deed-other = Anden hændelse
report-title = Var det ikke dig?
report-failure = Ingen kom ind ved dette forsøg. Spær kun, hvis du tror, at en anden kender din adgangskode.
report-what = Siger du ja, sker dette med det samme:
report-does-tell = Din organisations sikkerhedsfolk får besked.
report-submit = Ja, spær min identitet
report-cancel = Nej, jeg genkender det

## Min identitet: oplysninger og sprog

details-email = E-mail
details-no-email = Ikke oplyst
details-wrong = Er noget forkert, så sig det til din arbejdsplads. Oplysningerne kommer derfra. Bliver din e-mail ændret, får du besked på både den gamle og den nye.
details-language = Sprog
details-language-what = Sproget på siderne, når du er logget ind, og i de mails, du får.
details-language-submit = Gem sprog
language-da = Dansk
language-en = English
details-export = Du har ret til at se alt, hvad der er gemt om dig. Du kan hente det i en fil.
terms-heading = Vilkår
terms-none = Du har ikke skullet acceptere nogen vilkår.
terms-version = Version { $version }
terms-accepted = accepteret { $moment }
export-title = Hent dine oplysninger
export-what = Du får en fil (JSON) med alt, hvad Portvagt har gemt om dig: oplysninger, kontrol af din identitet, det du logger ind med, logins og aktivitet.
export-care = Filen indeholder også dit CPR-nummer, hvis det er gemt. Gem den et sted, hvor andre ikke kan se den.
export-submit = Hent filen

## Spær din identitet

lock-when = Spær din identitet, hvis din telefon, computer eller nøgle er stjålet, eller hvis en anden kan kende din adgangskode. Du kan gøre det døgnet rundt.
lock-does = Det sker der
lock-does-out = Du bliver logget ud overalt.
lock-does-in = Ingen kan logge ind med din identitet, heller ikke du selv.
lock-way-out = Du åbner den igen med MitID eller ved at møde op hos din arbejdsplads.
lock-submit = Spær min identitet
lock-cancel = Nej, spær den ikke
lock-by-password = Skriv brugernavn og adgangskode. Du behøver ikke andet.
lock-refused = Din identitet kunne ikke spærres. Tjek, at brugernavn og adgangskode er rigtige, og prøv igen.
lock-forgotten = Kan du ikke huske adgangskoden, så kontakt din arbejdsplads. De kan også spærre din identitet.
report-way-out = Din arbejdsplads åbner den igen, når de har set på sagen.
locked-title = Din identitet er spærret
locked-what = Ingen kan logge ind med din identitet. Du er logget ud overalt.
locked-security = Din organisations sikkerhedsfolk har fået besked. De kan kontakte dig.
locked-services = Log ud af de tjenester, du stadig er logget ind i, og se efter, om noget er ændret.
locked-same-password = Bruger du samme adgangskode andre steder, så skift den der.
locked-open = Åbn din identitet igen
locked-tell = Fortæl din arbejdsplads, hvad der er sket.

## MitID

mitid-title = Bevis med MitID, hvem du er
mitid-why-activation = Før du kan bruge din adgang, skal vi vide, at det er dig.
mitid-why-password = For at vælge en ny adgangskode skal du bevise, at det er dig.
mitid-why-factor = For at udskifte det, du logger ind med, skal du bevise, at det er dig.
mitid-why-unlock = For at få åbnet din adgang igen skal du bevise, at det er dig.
mitid-why-raise = Når du beviser med MitID, hvem du er, kan tjenester være mere sikre på, at det er dig. Så kan dit sikringsniveau stige.
mitid-why-attached = Vis, at det er dig, der har den kodeapp, der er gjort klar til dig.
mitid-what = Du bruger dit eget MitID. Vi får dit CPR-nummer og dit navn og sammenligner nummeret med det, din arbejdsplads har givet os.
mitid-road-nemlogin = Fortsæt til NemLog-in
mitid-road-broker = Fortsæt til MitID
mitid-no-road = MitID kan ikke bruges her lige nu. Bed din arbejdsplads om hjælp.
mitid-help = Brug for hjælp?
mitid-leave-title = Du bliver sendt videre
mitid-leave-nemlogin = Du bliver sendt til NemLog-in, hvor du bruger dit MitID. Bagefter kommer du tilbage hertil.
mitid-leave-broker = Du bliver sendt derhen, hvor du bruger dit MitID. Bagefter kommer du tilbage hertil.
mitid-farewell-title = Du bliver logget ud hos MitID
mitid-farewell-what = Vi har fået svar fra MitID. Nu bliver du logget ud dér, så den næste ved computeren ikke kan bruge dit MitID. Bagefter kommer du tilbage hertil.
mitid-farewell-skip = Gå videre uden at blive logget ud dér
mitid-setback-cancelled = MitID blev afbrudt eller ikke gjort færdigt. Intet er ændret. Du kan prøve igen.
mitid-setback-failed = Det lykkedes ikke med MitID lige nu. Intet er ændret. Prøv igen om lidt.
mitid-setback-too-low = Dit MitID blev brugt på et lavere niveau, end vi har brug for. Prøv igen med MitID-appen eller med kodeviser og adgangskode.
mitid-setback-no-cpr = Vi fik ikke dit CPR-nummer, så vi kan ikke se, at det er dig. Brug dit private MitID, ikke det fra din arbejdsplads.
mitid-setback-refused = Vi kunne ikke stole på det svar, der kom tilbage. Intet er ændret. Prøv igen; sker det igen, så bed om hjælp.
mitid-setback-other-person = Det MitID, der blev brugt, hører ikke til den person, adgangen er for. Intet er ændret. Var det dit eget MitID, så spørg din arbejdsplads, om de har det rigtige CPR-nummer.
mitid-setback-not-this-way = Det er dig, men din adgang kan ikke åbnes eller ændres på denne måde lige nu. Intet er ændret. Kontakt din arbejdsplads. De kan se hvorfor og hjælpe dig.
mitid-setback-unreachable = MitID svarer ikke lige nu. Intet er ændret. Prøv igen om lidt.
mitid-refused-title = Svaret fra MitID kunne ikke bruges
mitid-refused-what = Der kom noget tilbage fra MitID, som vi ikke kan stole på eller forstå. Intet er ændret.
mitid-refused-next = Gå tilbage til der, hvor du begyndte, og prøv igen. Sker det igen, så bed om hjælp og oplys hændelseskoden.
mitid-refused-technical = Svaret blev afvist af denne grund:

## Log ud

logged-out-title = Du er logget ud
logged-out-what = Du er nu logget ud.
logged-out-services = Du er logget ud her, men du er måske stadig logget ind hos:
logged-out-there = Log også ud dér.
logged-out-back = Tilbage til { $service }
logout-services-title = Logger dig ud
logout-services-what = Du er logget ud her. Nu bliver du også logget ud af { $service }.
logout-services-skip = Spring over
logged-out-shared = Bruger du en computer sammen med andre, så luk browseren helt.
logged-out-again = Log ind igen
logout-title = Vil du logge ud?
logout-what = Du bliver logget ud her og skal logge ind igen, næste gang du bruger en tjeneste.
logout-stay = Nej, bliv logget ind

## Videre til en tjeneste

post-title = Sender dig videre
post-words = Sender dig videre til { $service } …
post-by-hand = Sker der ikke noget? Tryk på Næste.

## Når noget går galt

problem-next = Det kan du gøre
problem-incident = Hændelseskode
problem-incident-hint = Oplys koden, hvis du beder om hjælp. Så kan vi finde ud af, hvad der skete.
problem-technical = Til den tekniske kontakt
problem-technical-what = Anmodningen fra tjenesten blev afvist af denne grund:
bad-request-title = Vi kunne ikke læse anmodningen fra tjenesten
bad-request-what = Den tjeneste, du kom fra, har sendt noget, som vi ikke kan stole på eller forstå. Det er ikke din fejl, og du er ikke blevet logget ind.
bad-request-next = Gå tilbage til tjenesten, og prøv igen. Sker det igen, så giv besked til dem, der står bag tjenesten.
not-found-title = Siden findes ikke
not-found-what = Adressen fører ikke nogen steder hen. Måske er den skrevet forkert, eller siden er flyttet.
not-found-next = Tjek adressen, eller begynd fra forsiden.
forbidden-title = Det må du ikke her
forbidden-what = Enten er siden blevet for gammel, eller også har du ikke adgang til det, du prøvede.
forbidden-next = Gå tilbage, genindlæs siden, og prøv igen. Hjælper det ikke, så luk browseren, og log ind på ny.
method-title = Det kan denne adresse ikke
method-what = Adressen kan ikke bruges på den måde. Det sker for eksempel, hvis man gemmer et bogmærke midt i et login.
method-next = Begynd fra forsiden eller fra den tjeneste, du ville bruge.
too-large-title = Det er for meget på én gang
too-large-what = Der blev sendt mere, end vi tager imod.
too-large-next = Gå tilbage, og prøv igen med mindre.
too-slow-title = Det tog for lang tid
too-slow-what = Det, du sendte, nåede ikke frem i tide.
too-slow-next = Se efter, om din forbindelse virker, gå tilbage, og prøv igen.
throttled-title = For mange forsøg
throttled-what = Der har været for mange forsøg på kort tid. For din sikkerheds skyld holder vi en pause.
throttled-next = Vent { $wait }, og prøv så igen.
flow-gone-title = Du skal begynde forfra
flow-gone-what = Dit login tog for lang tid, er allerede afsluttet, eller blev begyndt i en anden browser.
flow-gone-next = Gå tilbage til den tjeneste, du ville bruge, og begynd forfra. Du kan også gå til Min identitet.
flow-gone-again = Log ind på Min identitet
login-refused-title = Du kan ikke logge ind
login-refused-what = Din adgang kan ikke bruges lige nu.
login-refused-next = Kontakt din arbejdsplads. De kan se hvorfor og hjælpe dig.
unavailable-title = Du kan ikke logge ind lige nu
unavailable-what = Noget, vi er afhængige af, svarer ikke. Det er ikke din fejl.
unavailable-next = Prøv igen om lidt.
internal-title = Der er sket en fejl
internal-what = Fejlen er hos os. Den er skrevet ned.
internal-next = Prøv igen. Sker det igen, så bed om hjælp, og oplys hændelseskoden.

# Hvorfor en adgangskode ikke kan bruges
password-too-short = Adgangskoden er for kort. Brug mindst { $least } tegn, for eksempel nogle ord, der ikke hører sammen.
password-too-long = Adgangskoden er for lang. Brug højst 1.024 tegn.
password-control-character = Adgangskoden indeholder et tegn, der ikke kan bruges. Skriv den igen.
password-common = Adgangskoden er en af dem, som andre prøver først. Vælg en anden.
password-blocked = Din organisation tillader ikke denne adgangskode. Vælg en anden.
password-own-words = Adgangskoden består mest af dit eget navn eller din organisations navn. Vælg en anden.
password-breached = Adgangskoden er blevet stjålet et andet sted og står på lister, som kriminelle bruger. Vælg en anden, og brug den heller ikke andre steder.
password-used-before = Du har brugt adgangskoden før. Vælg en, du ikke har haft.

## Mails

mail-hello = Hej { $name }
mail-hello-nobody = Hej
mail-when = Tidspunkt
mail-factor = Navn
mail-kind = Type
mail-browser = Browser
mail-browser-unknown = En ukendt browser
mail-browser-on = { $browser } på { $system }
mail-code = Engangskode
mail-until = Kan bruges til
mail-open = Gå til Min identitet
mail-open-activation = Tag din adgang i brug
mail-type-it = Du kan også selv skrive adressen i din browser.
mail-not-you = Var det ikke dig? Kontakt straks din arbejdsplads, så din adgang kan blive spærret.
mail-not-you-lock = Var det ikke dig? Spær straks din adgang på login-siden, eller kontakt din arbejdsplads.
mail-questions = Har du spørgsmål, så kontakt din arbejdsplads.
mail-contact = Hjælp: { $contact }
mail-automatic = Denne mail er sendt automatisk af { $organisation }, fordi den handler om din adgang til arbejdspladsens systemer.
mail-never = Vi beder aldrig om din adgangskode, og vores mails indeholder aldrig et link, der logger dig ind.
mail-invitation-subject = Tag din adgang i brug
mail-invitation-text = Du er oprettet hos { $organisation } og kan nu tage din adgang i brug. Du skal bruge engangskoden herunder og vise med MitID eller hos arbejdspladsen, at det er dig. Koden kan ikke bruges alene.
mail-invitation-advice = Venter du ikke denne mail, så lad være med at bruge koden, og kontakt din arbejdsplads.
mail-activated-subject = Din adgang er taget i brug
mail-activated-text = Din adgang hos { $organisation } er nu taget i brug.
mail-factor-added-subject = En ny måde at logge ind på er tilføjet
mail-factor-added-text = Der er tilføjet en ny måde at logge ind på som dig hos { $organisation }.
mail-factor-removed-subject = En måde at logge ind på er fjernet
mail-factor-removed-text = En af dine måder at logge ind på hos { $organisation } er fjernet og kan ikke længere bruges.
mail-password-changed-subject = Din adgangskode er ændret
mail-password-changed-text = Adgangskoden til din adgang hos { $organisation } er ændret.
mail-locked-subject = Din adgang er spærret
mail-locked-text = Din adgang hos { $organisation } er spærret. Ingen kan logge ind som dig, og du er logget ud alle steder. Din arbejdsplads kan fortælle dig hvorfor, og hvordan du får den åbnet igen.
mail-unlocked-subject = En spærring er ophævet
mail-unlocked-text = En spærring af din adgang hos { $organisation } er ophævet.
mail-address-changed-subject = Din mailadresse er ændret
mail-address-changed-text = Den mailadresse, som { $organisation } skriver til om din adgang, er ændret. Denne mail er sendt til både den gamle og den nye adresse.
mail-new-device-subject = Nyt login fra en browser, vi ikke kender
mail-new-device-text = Der er logget ind som dig hos { $organisation } fra en browser, som ikke har været brugt før. Det sker også, når du har slettet cookies eller bruger et privat vindue.
mail-recovery-begun-subject = Nogen er ved at få din adgang tilbage
mail-recovery-begun-text = Nogen er ved at skifte din adgangskode eller det, du logger ind med, hos { $organisation }.
mail-recovery-done-subject = Du har fået din adgang tilbage
mail-recovery-done-text = Din adgang hos { $organisation } er givet tilbage. Den gamle adgangskode eller måde at logge ind på kan ikke længere bruges.
mail-many-failures-subject = Mange forgæves forsøg på at logge ind som dig
mail-many-failures-text = Nogen har mange gange forgæves prøvet at logge ind som dig hos { $organisation }. De er ikke kommet ind, og der er nu lukket for flere forsøg et stykke tid.
mail-many-failures-advice = Var det dig selv, så vent lidt, og prøv igen. Var det ikke dig, skal du ikke gøre noget, men skift din adgangskode, hvis andre kan kende den.
mail-person = Person (id)
mail-incident = Hændelseskode
mail-automatic-security = Denne mail er sendt automatisk af { $organisation } til den adresse, organisationen har givet for sikkerhedshændelser.
mail-suspicion-subject = Mistanke om misbrug af en adgang
mail-suspicion-reported = En medarbejder hos { $organisation } har meldt, at en hændelse på vedkommendes adgang ikke var medarbejderens egen. Adgangen er spærret, og alle dens logins er afsluttet.
mail-suspicion-misuse = En adgang hos { $organisation } er spærret, fordi andre måske bruger den. Alle dens logins er afsluttet.
mail-suspicion-failures = Nogen har så mange gange forgæves prøvet at logge ind som en medarbejder hos { $organisation }, at der er lukket for login fra browsere, som ikke er brugt før.
mail-suspicion-advice = Slå hændelseskoden op i revisionssporet. Spærringen ophæves af en administrator; den måde at logge ind på, som meldingen handler om, fjernes samtidig.
mail-test-subject = Prøvemail
mail-test-text = { $organisation } kan sende mails fra Portvagt. Denne mail er sendt af en, der passer systemet, for at prøve det.

## Sider for alle

front-title = Forside
front-heading = Log ind hos { $organisation }
front-what = Portvagt viser dine fagsystemer og andre tjenester, at det er dig. På Min identitet kan du se dine oplysninger, tilføje en passkey og se, hvor du er logget ind.
front-go = Log ind på Min identitet
front-services = Skal du bruge en tjeneste, så begynd hos tjenesten. Den sender dig hertil, når du skal logge ind.
help-title = Kan du ikke logge ind?
help-password-title = Glemt brugernavn eller adgangskode
help-password = Tjek først, om Caps Lock er slået til. Har du glemt din adgangskode, kan du vælge en ny med MitID eller med en kode fra din arbejdsplads. Kender du ikke dit brugernavn, så kontakt din arbejdsplads. De kan ikke se din adgangskode.
help-wait-title = For mange forsøg
help-wait = Efter flere forkerte forsøg skal du vente lidt, før du kan prøve igen. Siden viser hvor længe. Har du en passkey, kan du bruge den imens.
help-device-title = Ny, væk eller glemt telefon eller sikkerhedsnøgle
help-device = Log ind med noget andet, du har tilføjet, og fjern det gamle på Min identitet. Har du ikke andet, kan du vise med MitID eller med en kode fra din arbejdsplads, hvem du er, og tilføje noget nyt. Er din telefon eller nøgle stjålet, så spær din identitet med det samme.
help-code-title = Engangskoden bliver afvist
help-code = Hver kode kan kun bruges én gang. Vent på den næste. Hjælper det ikke, så sæt telefonens ur til at gå af sig selv.
help-activation-title = Aktiveringskode
help-activation = Første gang du logger ind, skal du bruge koden fra din invitation eller en aktiveringskode fra den, der har oprettet dig.
help-ask-title = Få hjælp
help-ask = Kontakt din arbejdsplads. Står der en hændelseskode på siden, så oplys den.
help-never = Ingen har brug for din adgangskode for at hjælpe dig. Giv den aldrig til nogen.
statement-who = { $organisation } er forpligtet til at gøre dette websted tilgængeligt efter lov om tilgængelighed af offentlige organers websteder og mobilapplikationer (lov nr. 692 af 8. juni 2018).
statement-how-title = Sådan er siderne lavet
statement-how = Siderne er bygget, så de lever op til WCAG 2.1 niveau AA og til kravet om tilgængeligt login i WCAG 2.2. De kan bruges med tastatur, skærmlæser, forstørrelse til 400 % og uden JavaScript. Adgangskoder og engangskoder kan indsættes og udfyldes af din browser. De bliver testet automatisk ved hver ændring.
statement-known-title = Kendte mangler
statement-known = Passkeys og sikkerhedsnøgler kræver JavaScript, og browserens egne vinduer bestemmer vi ikke over. Du kan altid logge ind med adgangskode og kodeapp i stedet. QR-koden kan ikke ses af alle; nøglen står derfor også som tekst.
statement-tell-title = Fortæl os om fejl
statement-tell = Møder du noget, du ikke kan bruge, så skriv eller ring til os.
statement-complain-title = Tilsyn og klage
statement-complain = Digitaliseringsstyrelsen fører tilsyn med loven. Er du ikke tilfreds med vores svar, kan du henvende dig dér.
