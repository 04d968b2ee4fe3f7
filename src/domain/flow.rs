//! Logins under way. One type a stage; a saved flow opens only at its own stage, in its own browser, once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        client::Client,
        factor::{Authenticator, Use},
        mitid::{Road, Why},
        person::Person,
        session::Session,
    },
};

/// A stage of a login. The name is stored beside the data; opening asks for both.
pub trait Stage: Serialize + DeserializeOwned {
    /// The stage's name in the database.
    const NAME: &'static str;
}

/// A login under way, at stage `S`.
#[derive(Debug, Clone)]
pub struct Flow<S> {
    /// Its public id, which stands in the address; worthless without the browser's token.
    pub id: Id<AnyFlow>,
    /// What is wanted at the end.
    pub purpose: Purpose,
    /// What the stage knows.
    pub stage: S,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A flow of whatever stage, for ids.
#[derive(Debug)]
pub enum AnyFlow {}

/// What a login is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The person's own pages.
    Account,
    /// A relying party asked.
    SignOn(Box<SignOn>),
}

impl Purpose {
    /// The request to answer, when there is one.
    pub fn sign_on(&self) -> Option<&SignOn> {
        match self {
            Self::Account => None,
            Self::SignOn(sign_on) => Some(sign_on),
        }
    }
}

/// A verified request of a relying party, as far as the answer needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOn {
    /// Who asked.
    pub client: Id<Client>,
    /// Its entity ID.
    pub entity_id: String,
    /// The request's ID, to be repeated as `InResponseTo`.
    pub request_id: String,
    /// Where the answer goes: one of the registered addresses.
    pub acs: String,
    /// To be given back unchanged.
    pub relay_state: Option<String>,
    /// The least level that answers it.
    pub least: Level,
    /// Whether it was asked for by the request itself.
    pub level_requested: bool,
    /// Whether presence must be proved anew, whatever session is alive.
    pub force: bool,
    /// Whether no page may be shown.
    pub passive: bool,
    /// Whether a transient NameID was asked for.
    pub transient: bool,
    /// The service behind a broker (`Scoping/RequesterID`), first of the list; logged.
    pub requester: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
}

/// First stage: nothing known yet.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Start {
    /// The state of a passkey ceremony begun on the login page.
    pub passkey: Option<String>,
}

/// Second stage: the password was right, a second factor is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Who.
    pub person: Id<Person>,
    /// The password's use.
    pub password: Use,
    /// The state of a key ceremony begun on the page.
    pub webauthn: Option<String>,
}

/// First login: the password was right, there is no second factor; the activation code is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Activation {
    /// Who.
    pub person: Id<Person>,
    /// The password's use.
    pub password: Use,
}

/// An authenticator is to be enrolled: at first login after the activation code (no session exists yet), or later from
/// the person's own pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrol {
    /// Who.
    pub person: Id<Person>,
    /// Under what it is enrolled: the new authenticator never carries more.
    pub under: Level,
    /// The password's use at first login; `None` when a session is alive.
    pub password: Option<Use>,
    /// The session from whose pages it is enrolled; `None` at first login.
    pub session: Option<Id<Session>>,
    /// Why the person was identified in this flow, if they were.
    #[serde(default)]
    pub why: Option<Why>,
    /// The sealed TOTP secret shown, or the state of a registration ceremony.
    pub pending: Option<Pending>,
}

/// Step-up: a session is alive, its second factor too old or presence to be proved anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepUp {
    /// Who.
    pub person: Id<Person>,
    /// The session, by the hash of its token.
    pub session: Id<Session>,
    /// The state of a key ceremony begun on the page.
    pub webauthn: Option<String>,
    /// Which of their own pages the person wanted, where no relying party asked.
    #[serde(default)]
    pub wanted: Wanted,
}

/// The person's own pages that ask for a fresh login, to come back to afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// The overview.
    #[default]
    Overview,
    /// What they log in with.
    Authenticators,
    /// The password.
    Password,
    /// Everything that is kept about them.
    Export,
    /// The registrant's desk.
    Desk,
    /// The console.
    Console,
    /// A person in the console.
    ConsolePerson(Id<Person>),
}

/// Somebody who cannot or will not log in wants their identity locked: user name and password are due.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SelfLock {}

/// The factors were right and the session exists; the relying party is to be answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Done {
    /// Who.
    pub person: Id<Person>,
    /// The session that answers.
    pub session: Id<Session>,
}

/// An invitation is to be shown: nothing is known yet of who holds it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Invited {}

/// Somebody cannot log in and is to say who they are and why.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recover {}

/// That a person was identified in this flow, and what may follow from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identified {
    /// Why.
    pub why: Why,
    /// The level of the proof: what is enrolled in this flow carries no more.
    pub under: Level,
}

/// Terms are to be accepted before anything else happens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Accepting {
    /// Who.
    pub person: Id<Person>,
    /// What follows.
    pub then: AfterTerms,
}

/// What follows once the terms are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterTerms {
    /// A password is chosen.
    Password(Identified),
    /// The session answers its relying party.
    Answer(Id<Session>),
}

/// A new password is to be chosen by somebody who was identified in this flow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewPassword {
    /// Who.
    pub person: Id<Person>,
    /// How they came here.
    pub identified: Identified,
}

/// A person is to prove with MitID who they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identify {
    /// Why.
    pub why: Why,
    /// Who it is to be; `None` when only MitID will tell.
    pub person: Option<Id<Person>>,
    /// The session from whose pages it began; `None` without one.
    pub session: Option<Id<Session>>,
    /// The least level MitID must prove.
    pub least: Level,
    /// What was asked last, and by which road; `None` until a road is taken.
    pub asked: Option<Asked>,
    /// The app that somebody else attached and its owner is to prove, if it is about one.
    #[serde(default)]
    pub shown: Option<Shown>,
}

/// An app that somebody else attached: its code was right, after the password. Who has it in their hands is to be proved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shown {
    /// Which one.
    pub authenticator: Id<Authenticator>,
    /// The password's use.
    pub password: Use,
    /// When its code was checked.
    pub at: Timestamp,
}

/// A question put to one of the roads to MitID.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// By which road.
    pub road: Road,
    /// What the answer must name: the SAML request's ID, or the OpenID `state`.
    pub request: String,
    /// What only this flow may know besides (nonce and code verifier of the broker), sealed, in base64.
    pub secrets: Option<String>,
    /// When it was asked.
    pub at: Timestamp,
    /// Which question of the flow it is, from 1.
    #[serde(default)]
    pub number: u32,
}

/// An authenticator about to be enrolled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pending {
    /// The secret, sealed, in base64.
    Totp(String),
    /// The state of a WebAuthn registration, as JSON.
    Webauthn(String),
}

impl Stage for Start {
    const NAME: &'static str = "start";
}
impl Stage for SecondFactor {
    const NAME: &'static str = "second-factor";
}
impl Stage for Activation {
    const NAME: &'static str = "activation";
}
impl Stage for Enrol {
    const NAME: &'static str = "enrol";
}
impl Stage for Done {
    const NAME: &'static str = "done";
}
impl Stage for Invited {
    const NAME: &'static str = "invited";
}
impl Stage for Recover {
    const NAME: &'static str = "recover";
}
impl Stage for Accepting {
    const NAME: &'static str = "accepting";
}
impl Stage for NewPassword {
    const NAME: &'static str = "new-password";
}
impl Stage for Identify {
    const NAME: &'static str = "identify";
}
impl Stage for StepUp {
    const NAME: &'static str = "step-up";
}
impl Stage for SelfLock {
    const NAME: &'static str = "self-lock";
}
