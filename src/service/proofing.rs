//! How identities are proved (NSIS 3.1.2): by MitID, in person at a registrant's desk, or by an earlier equal proofing. A
//! registrant is logged in at Substantial and fresh, and never proves themselves, under whatever account; High by other
//! than MitID counts only when a second person has approved it. Every refusal is written down too.

/// How it is written down.
mod written;
/// What operators may record while an organisation has no registrant.
pub mod operators;

use jiff::Timestamp;

use written::recorded;
pub(in crate::service) use written::{logged_in, refused, shown};

use crate::{
    base::id::{Id, Incident},
    crypto::seal::SealError,
    domain::{
        assurance::{self, Level},
        audit::{Actor, Kind},
        authenticator,
        mitid::Proved,
        organisation::Organisation,
        person::Person,
        proofing::{self, Approval, Authentication, Basis, Document, Lapse, Method, Present, Proofing, State},
        role::Role,
    },
    service::{cpr, ground::Ground, operator::Operator, sessions},
    storage::{db::Tx, fault::Fault, organisations, people, proofings, roles},
};

/// Why nothing was recorded; each is a sentence for whoever tried.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody has that id.
    #[error("there is no such person")]
    NoSuchPerson,
    /// There is no such record, or it is in another state.
    #[error("there is no such proofing that could be changed")]
    NoSuchProofing,
    /// They have not the role.
    #[error("only a registrant proves identities")]
    NotARegistrant,
    /// The login is below Substantial.
    #[error("a registrant must be logged in at level substantial")]
    LevelTooLow,
    /// The login is too old.
    #[error("a registrant must have logged in a few minutes ago; prove the second factor again")]
    NotFresh,
    /// The subject belongs to another organisation.
    #[error("a registrant proves people of their own organisation")]
    OtherOrganisation,
    /// The registrant is the subject, or another account of theirs.
    #[error("nobody proves themselves, under whatever account")]
    Own,
    /// The second person is the first, the subject, or another account of either.
    #[error("the second person must be somebody else than the one who proved it and the one it is about")]
    NotASecondPerson,
    /// A CPR number is missing of somebody involved, or an operator was involved, of whom none is known.
    #[error("nobody can tell whether those involved are different people, because a CPR number is missing")]
    NoCpr,
    /// An authenticator of the subject carries more than what was seen proves.
    #[error("what was seen proves less than what the person has enrolled")]
    TooLow,
    /// What an operator says of MitID is no login with MitID.
    #[error("MitID proves an identity only by a login with MitID, never by words about it")]
    NoMitid,
    /// The organisation has a registrant.
    #[error("the organisation has a registrant: identities are proved and approved at the registrant's desk, or by MitID")]
    HasRegistrants,
    /// The evidence is missing, too long, or holds what looks like a CPR number.
    #[error("the evidence says in up to 500 characters what was seen (document kind, issuer, reference), and never holds a CPR number")]
    Evidence,
    /// The document's last day has passed.
    #[error("the document has expired")]
    DocumentExpired,
    /// The proofing lies in the future, or before computers did.
    #[error("an earlier proofing was made before now")]
    Date,
    /// MitID proved another CPR number, or none is known of the person.
    #[error("the CPR number is another one")]
    OtherCpr,
    /// MitID proved another name.
    #[error("the name is another one")]
    OtherName,
    /// The settings forbid it.
    #[error("proofing.by_command_line is off: identities are proved by registrants and MitID")]
    NotHere,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The keys.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// A registrant at their desk: role, level and freshness were checked, for this request.
#[derive(Debug)]
pub struct Registrant {
    by: Operator,
    person: Id<Person>,
    organisation: Id<Organisation>,
    authentication: Authentication,
}

impl Registrant {
    /// The person of the live session as registrant, if they are one, logged in at Substantial and fresh.
    pub async fn of(ground: &Ground, present: &sessions::Present, incident: &Incident) -> Result<Self, Refusal> {
        let (session, person) = (&present.session, &present.person);
        if !roles::has_in(&ground.db, person.id, Role::Registrant, person.organisation).await? {
            return Err(Refusal::NotARegistrant);
        }
        let level = level_of(ground, present).await?.filter(|level| *level >= Level::Substantial).ok_or(Refusal::LevelTooLow)?;
        let at = session.evidence.second_factor_at().filter(|_| session.is_fresh(&ground.rules.session, ground.clock.now()));
        let factors = session.evidence.uses().iter().map(|used| used.kind.as_str()).collect::<Vec<_>>().join("+");
        Ok(Self {
            by: Operator { actor: Actor::Person(person.id), incident: incident.clone() },
            person: person.id,
            organisation: person.organisation,
            authentication: Authentication { level, factors, at: at.ok_or(Refusal::NotFresh)? },
        })
    }

    /// Who acts, for other acts of the same request.
    pub fn operator(&self) -> &Operator {
        &self.by
    }

    /// Where they are employed: whom they may prove.
    pub fn organisation(&self) -> Id<Organisation> {
        self.organisation
    }

    /// The registrant's own id.
    pub fn person(&self) -> Id<Person> {
        self.person
    }

    /// How they are logged in.
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }
}

/// What a registrant saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The document.
    pub document: Document,
    /// Its reference and what else was seen, in words.
    pub evidence: String,
    /// The level that this proves.
    pub level: Level,
}

/// An earlier proofing that is taken over.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The evidence that came with it, in words.
    pub evidence: String,
    /// The level it proved.
    pub level: Level,
    /// Who proved it then.
    pub proved_by: String,
    /// When.
    pub proved_at: Timestamp,
}

/// The registrant saw the person and their document.
pub async fn in_person(ground: &Ground, registrant: &Registrant, person: Id<Person>, seen: Seen) -> Result<Proofing, Refusal> {
    let subject = judged(ground, registrant, person).await?;
    let seen = believed(ground, registrant, &subject, seen).await?;
    let mut record = draft(ground, &subject, Method::InPerson, seen.level).await?;
    record.basis.document_expires = seen.document.expires;
    record.document = Some(seen.document);
    record.evidence = seen.evidence;
    record.proved_by = registrant.by.name();
    record.authentication = Some(registrant.authentication.clone());
    keep(ground, &registrant.by, record).await
}

/// What was seen, if it is evidence: the one judgement of every act that rests on a document.
pub(in crate::service) async fn believed(ground: &Ground, registrant: &Registrant, subject: &Person, seen: Seen) -> Result<Seen, Refusal> {
    let issuer = seen.document.issuer.trim().to_owned();
    let is_issuer = (2..=100).contains(&issuer.chars().count()) && !issuer.chars().any(char::is_control) && !cpr::holds_cpr(&issuer);
    if !is_evidence(&seen.evidence) || !is_issuer {
        return Err(Refusal::Evidence);
    }
    if seen.document.expires.is_some_and(|last| proofing::has_passed(last, ground.clock.now())) {
        return Err(refused(ground, &registrant.by, subject, Refusal::DocumentExpired).await?);
    }
    let evidence = seen.evidence.trim().to_owned();
    Ok(Seen { document: Document { issuer, ..seen.document }, evidence, level: seen.level })
}

/// The registrant takes an earlier, equal proofing over with its evidence.
pub async fn earlier(ground: &Ground, registrant: &Registrant, person: Id<Person>, earlier: Earlier) -> Result<Proofing, Refusal> {
    let subject = judged(ground, registrant, person).await?;
    if !is_evidence(&earlier.evidence) || earlier.proved_by.trim().is_empty() || cpr::holds_cpr(&earlier.proved_by) {
        return Err(Refusal::Evidence);
    }
    if earlier.proved_at > ground.clock.now() || earlier.proved_at < Timestamp::UNIX_EPOCH {
        return Err(Refusal::Date);
    }
    let mut record = draft(ground, &subject, Method::Earlier, earlier.level).await?;
    record.evidence = earlier.evidence.trim().to_owned();
    record.proved_by = earlier.proved_by.trim().chars().filter(|letter| !letter.is_control()).take(200).collect();
    record.proved_at = earlier.proved_at;
    record.authentication = Some(registrant.authentication.clone());
    keep(ground, &registrant.by, record).await
}

/// MitID proved who the person is. Held against CPR number and name of the person before this; recorded and noted in the
/// caller's transaction, to count with what else the step does.
pub async fn by_mitid(
    ground: &Ground,
    tx: &mut Tx,
    (subject, index): (&Person, Option<Vec<u8>>),
    proved: &Proved,
    incident: &Incident,
) -> Result<Proofing, Refusal> {
    if index.is_none() || index != Some(cpr::index(ground, proved.cpr())?) {
        return Err(Refusal::OtherCpr);
    }
    let name = subject.full_name();
    if proved.name().is_some_and(|told| !proofing::same_name(told, &name)) {
        return Err(Refusal::OtherName);
    }
    let by = Operator { actor: Actor::Person(subject.id), incident: incident.clone() };
    let basis = Basis {
        level: proved.level(),
        state: State::Valid,
        name: proved.name().map_or(name, str::to_owned),
        cpr_index: index,
        document_expires: None,
    };
    let mut record = blank(ground, subject.id, Method::Mitid, basis);
    record.evidence = format!("{} {} {}", proved.road(), proved.issuer(), proved.reference());
    record.proved_by = by.name();
    record.proved_at = proved.at();
    record.recorded_by = by.name();
    record.authentication = Some(Authentication { level: proved.level(), factors: "mitid".to_owned(), at: proved.at() });
    proofings::insert(tx, &record).await?;
    tx.note(&recorded(ground, &by, &record)).await?;
    Ok(record)
}

/// A second registrant approves a record that waits.
pub async fn approve(ground: &Ground, registrant: &Registrant, id: Id<Proofing>) -> Result<Proofing, Refusal> {
    let record = waiting(ground, id).await?;
    let subject = people::by_id(&ground.db, record.person).await?.ok_or(Refusal::NoSuchPerson)?;
    if subject.organisation != registrant.organisation {
        return Err(refused(ground, &registrant.by, &subject, Refusal::OtherOrganisation).await?);
    }
    second(ground, registrant, &subject, &record.recorded_by).await?;
    endorse(ground, (&registrant.by, Some(registrant.authentication.clone())), record).await
}

/// Holds the registrant against the first one and the subject: a second person is neither, under whatever account. Who the
/// first one is must be known; of an operator at the command line it is not.
pub(in crate::service) async fn second(ground: &Ground, registrant: &Registrant, subject: &Person, first: &str) -> Result<(), Refusal> {
    let first = first.strip_prefix("person:").and_then(|id| id.parse::<Id<Person>>().ok());
    let mut verdicts = vec![cpr::same_human(ground, registrant.person, subject.id).await?];
    verdicts.push(match first {
        Some(first) => cpr::same_human(ground, registrant.person, first).await?,
        None => None,
    });
    if verdicts.contains(&Some(true)) {
        return Err(refused(ground, &registrant.by, subject, Refusal::NotASecondPerson).await?);
    }
    if verdicts.contains(&None) {
        return Err(refused(ground, &registrant.by, subject, Refusal::NoCpr).await?);
    }
    Ok(())
}

/// Takes a record back; the level it gave is gone at once.
pub async fn revoke(ground: &Ground, by: &Operator, id: Id<Proofing>, reason: &str) -> Result<Proofing, Refusal> {
    let reason = cpr::plain_reason(reason).ok_or(Refusal::Evidence)?;
    let record = proofings::by_id(&ground.db, id).await?.ok_or(Refusal::NoSuchProofing)?;
    let mut tx = ground.db.begin().await?;
    if !proofings::revoke(&mut tx, id, &by.name(), ground.clock.now(), reason).await? {
        return Err(Refusal::NoSuchProofing);
    }
    let event = by.event(ground, Kind::ProofingRevoked).about(record.person).with("proofing", id).with("level", record.basis.level);
    tx.commit(event.with("reason", reason)).await?;
    proofings::by_id(&ground.db, id).await?.ok_or(Refusal::NoSuchProofing)
}

/// The records that wait for a second person, oldest first.
pub async fn waiting_list(ground: &Ground) -> Result<Vec<Proofing>, Fault> {
    proofings::waiting(&ground.db).await
}

/// All records of the person, newest first.
pub async fn of(ground: &Ground, person: Id<Person>) -> Result<Vec<Proofing>, Fault> {
    proofings::of_person(&ground.db, person).await
}

/// All records of the person, newest first, each with the level it proves now or why it proves nothing.
pub async fn records(ground: &Ground, person: &Person) -> Result<Vec<(Proofing, Result<Level, Lapse>)>, Fault> {
    let index = cpr::index_of(ground, person.id).await?;
    let (name, now) = (person.full_name(), ground.clock.now());
    let present = Present { name: &name, cpr_index: index.as_deref() };
    let judge = |record: Proofing| {
        let counts = record.basis.counts(present, &ground.rules.proofing, now);
        (record, counts)
    };
    Ok(of(ground, person.id).await?.into_iter().map(judge).collect())
}

/// The person's identity assurance level now.
pub async fn identity(ground: &Ground, person: &Person) -> Result<Option<Level>, Fault> {
    let index = cpr::index_of(ground, person.id).await?;
    let bases = proofings::bases_of(&ground.db, person.id).await?;
    let present = Present { name: &person.full_name(), cpr_index: index.as_deref() };
    Ok(proofing::identity_level(&bases, present, &ground.rules.proofing, ground.clock.now()))
}

/// The level somebody is logged in at now; `None` when it is not even Low.
pub(in crate::service) async fn level_of(ground: &Ground, present: &sessions::Present) -> Result<Option<Level>, Fault> {
    let (session, person) = (&present.session, &present.person);
    let Some(organisation) = organisations::by_id(&ground.db, person.organisation).await? else { return Ok(None) };
    let strength = authenticator::strength(&ground.rules.authenticators, &session.evidence);
    Ok(assurance::level(identity(ground, person).await?, strength, organisation.notified))
}

/// The subject, if this registrant may prove them.
pub(in crate::service) async fn judged(ground: &Ground, registrant: &Registrant, person: Id<Person>) -> Result<Person, Refusal> {
    let subject = people::by_id(&ground.db, person).await?.ok_or(Refusal::NoSuchPerson)?;
    let own = cpr::same_human(ground, registrant.person, person).await?;
    let refusal = match own {
        Some(true) => Refusal::Own,
        _ if subject.organisation != registrant.organisation => Refusal::OtherOrganisation,
        None => Refusal::NoCpr,
        Some(false) => return Ok(subject),
    };
    Err(refused(ground, &registrant.by, &subject, refusal).await?)
}

async fn waiting(ground: &Ground, id: Id<Proofing>) -> Result<Proofing, Refusal> {
    proofings::by_id(&ground.db, id).await?.filter(|record| record.basis.state == State::Waiting).ok_or(Refusal::NoSuchProofing)
}

async fn endorse(
    ground: &Ground,
    (by, authentication): (&Operator, Option<Authentication>),
    record: Proofing,
) -> Result<Proofing, Refusal> {
    let approval = Approval { by: by.name(), at: ground.clock.now(), authentication };
    let mut tx = ground.db.begin().await?;
    if !proofings::approve(&mut tx, record.id, &approval).await? {
        return Err(Refusal::NoSuchProofing);
    }
    let event = by.event(ground, Kind::ProofingApproved).about(record.person).with("proofing", record.id);
    let event = logged_in(event, approval.authentication.as_ref());
    tx.commit(event.with("level", record.basis.level).with("proposed_by", &record.recorded_by)).await?;
    proofings::by_id(&ground.db, record.id).await?.ok_or(Refusal::NoSuchProofing)
}

/// A record of the subject as they are now, waiting where a second person has to approve it.
async fn draft(ground: &Ground, subject: &Person, method: Method, level: Level) -> Result<Proofing, Fault> {
    let state = if proofing::needs_approval(method, level) { State::Waiting } else { State::Valid };
    let cpr_index = cpr::index_of(ground, subject.id).await?;
    Ok(blank(ground, subject.id, method, Basis { level, state, name: subject.full_name(), cpr_index, document_expires: None }))
}

fn blank(ground: &Ground, person: Id<Person>, method: Method, basis: Basis) -> Proofing {
    Proofing {
        id: Id::random(ground.random.as_ref()),
        person,
        method,
        basis,
        document: None,
        evidence: String::new(),
        proved_by: String::new(),
        proved_at: ground.clock.now(),
        recorded_by: String::new(),
        authentication: None,
        approved: None,
        revoked: None,
    }
}

async fn keep(ground: &Ground, by: &Operator, mut record: Proofing) -> Result<Proofing, Refusal> {
    record.recorded_by = by.name();
    let mut tx = ground.db.begin().await?;
    proofings::insert(&mut tx, &record).await?;
    tx.commit(recorded(ground, by, &record)).await?;
    Ok(record)
}

/// What was seen, in words: 3 to 500 characters, nothing that could be a CPR number.
fn is_evidence(text: &str) -> bool {
    let text = text.trim();
    (3..=500).contains(&text.chars().count()) && !text.chars().any(|letter| letter.is_control() && letter != '\n') && !cpr::holds_cpr(text)
}
