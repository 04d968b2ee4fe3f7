//! What is written down for the auditor: one event for each thing that changed or was said. People by id only.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::{
    id::{Id, Incident},
    random::Random,
};
use crate::domain::person::Person;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person logged in with two factors.
    LoginSucceeded,
    /// A password, code or key was wrong, or the account may not log in.
    LoginFailed,
    /// Too many failures; a delay began.
    AccountLocked,
    /// A second factor was locked for a while.
    FactorLocked,
    /// A session's second factor was renewed.
    SteppedUp,
    /// An assertion was made.
    AssertionIssued,
    /// A relying party got an error instead.
    AssertionRefused,
    /// A session ended by its owner, a relying party or an operator.
    SessionEnded,
    /// A relying party was told that a session is over.
    RecallHeard,
    /// A relying party was not told that a session is over, and is not tried again.
    RecallMissed,
    /// An authenticator was enrolled.
    AuthenticatorAdded,
    /// An authenticator was removed.
    AuthenticatorRemoved,
    /// An authenticator got another name.
    AuthenticatorRenamed,
    /// A person said that an event about them was not their doing.
    MisuseReported,
    /// A person took out everything that is kept about them.
    DataExported,
    /// A person chose the language of their mails and pages.
    LanguageChosen,
    /// A password was set.
    PasswordSet,
    /// A password hash was renewed with present parameters.
    PasswordRehashed,
    /// An activation code was made.
    ActivationIssued,
    /// An activation code was used.
    ActivationUsed,
    /// An invitation was made.
    InvitationIssued,
    /// An invitation was used: the activation is open, nothing is gained yet.
    InvitationUsed,
    /// A code from the registrant's desk for getting an identity back was made.
    RecoveryIssued,
    /// A second registrant released a code that was handed over.
    CodeReleased,
    /// A code that waited for a second registrant was made void.
    CodeWithdrawn,
    /// Somebody else attached an authenticator for a person; it carries nothing yet.
    AuthenticatorAttached,
    /// The owner proved an authenticator that somebody else had attached.
    AuthenticatorProved,
    /// Somebody was identified in order to activate an identity or to get it back.
    PersonIdentified,
    /// Somebody was not who they wanted to activate or get back; nothing happened.
    IdentificationRefused,
    /// An identity was taken into use.
    IdentityActivated,
    /// A lost second factor, or a forgotten password, was replaced.
    IdentityRecovered,
    /// An organisation was created or changed.
    OrganisationSaved,
    /// A person was created.
    PersonAdded,
    /// A lock was placed on a person.
    LockPlaced,
    /// A lock was lifted.
    LockLifted,
    /// An employment was written down, changed or taken away.
    EmploymentSaved,
    /// A unit of an organisation was created or changed.
    UnitSaved,
    /// A person's CPR number was set or changed.
    CprSet,
    /// Somebody looked at a CPR number.
    CprRead,
    /// An operator stated the UUID by which a national register knows a person.
    UuidStated,
    /// A person's name was changed.
    PersonRenamed,
    /// A person's user name was changed.
    UsernameChanged,
    /// A person's e-mail address was changed.
    AddressChanged,
    /// A role was granted.
    RoleGranted,
    /// A role was taken back.
    RoleRevoked,
    /// Somebody was refused an act of the console on somebody they may not act on.
    AccessDenied,
    /// An act that needs a second person was asked for.
    RequestMade,
    /// A second person approved it, and it was done.
    RequestApproved,
    /// A second person refused it.
    RequestRefused,
    /// Whoever asked took it back.
    RequestWithdrawn,
    /// An employment was ended now, and the account with it.
    PersonClosed,
    /// An employment was begun now.
    PersonReopened,
    /// Somebody looked for a person by CPR number.
    CprSought,
    /// Somebody read what the trail says of a person.
    TrailRead,
    /// Somebody took a part of the trail out.
    TrailExported,
    /// Somebody had the trail verified.
    TrailVerified,
    /// A version of an organisation's terms was published.
    TermsPublished,
    /// A person accepted a version of the terms.
    TermsAccepted,
    /// An identity proofing was recorded.
    IdentityProved,
    /// A second person approved an identity proofing.
    ProofingApproved,
    /// An identity proofing was taken back.
    ProofingRevoked,
    /// An identity proofing was turned down: nothing was recorded.
    ProofingRefused,
    /// MitID proved somebody's identity to us; whose, the flow that asked will tell.
    MitidAnswered,
    /// What MitID proved was used for a person.
    MitidUsed,
    /// MitID proved nothing: the person broke it off, or the answer was refused.
    MitidRefused,
    /// A relying party was registered or its entry changed.
    ClientSaved,
    /// A relying party was removed.
    ClientRemoved,
    /// A mail to a person waits to be sent.
    MailQueued,
    /// A mail server took it over.
    MailSent,
    /// It could not be sent now and is tried again.
    MailFailed,
    /// It is tried no more.
    MailDead,
    /// An operator has a dead one tried again.
    MailRetried,
    /// An operator tested the mail server.
    MailTested,
    /// Old rows were deleted by the retention rules.
    RetentionRun,
    /// The server started.
    ServerStarted,
}

impl Kind {
    /// The event's name in trail and log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginSucceeded => "login.succeeded",
            Self::LoginFailed => "login.failed",
            Self::AccountLocked => "account.locked",
            Self::FactorLocked => "mfa.locked",
            Self::SteppedUp => "login.stepped_up",
            Self::AssertionIssued => "saml.assertion.issued",
            Self::AssertionRefused => "saml.response.error",
            Self::SessionEnded => "session.ended",
            Self::RecallHeard => "slo.told",
            Self::RecallMissed => "slo.not_told",
            Self::AuthenticatorAdded => "authenticator.added",
            Self::AuthenticatorRemoved => "authenticator.removed",
            Self::AuthenticatorRenamed => "authenticator.renamed",
            Self::MisuseReported => "misuse.reported",
            Self::DataExported => "gdpr.export",
            Self::LanguageChosen => "person.language_chosen",
            Self::PasswordSet => "password.set",
            Self::PasswordRehashed => "password.rehashed",
            Self::ActivationIssued => "activation.issued",
            Self::ActivationUsed => "activation.used",
            Self::InvitationIssued => "invitation.issued",
            Self::InvitationUsed => "invitation.used",
            Self::RecoveryIssued => "recovery.issued",
            Self::CodeReleased => "code.released",
            Self::CodeWithdrawn => "code.withdrawn",
            Self::AuthenticatorAttached => "authenticator.attached",
            Self::AuthenticatorProved => "authenticator.proved",
            Self::PersonIdentified => "identification.succeeded",
            Self::IdentificationRefused => "identification.refused",
            Self::IdentityActivated => "identity.activated",
            Self::IdentityRecovered => "identity.recovered",
            Self::OrganisationSaved => "organisation.saved",
            Self::PersonAdded => "person.added",
            Self::LockPlaced => "person.locked",
            Self::LockLifted => "person.unlocked",
            Self::EmploymentSaved => "employment.saved",
            Self::UnitSaved => "unit.saved",
            Self::CprSet => "cpr.set",
            Self::CprRead => "cpr.read",
            Self::UuidStated => "person.uuid_stated",
            Self::PersonRenamed => "person.renamed",
            Self::UsernameChanged => "person.username_changed",
            Self::AddressChanged => "person.address_changed",
            Self::RoleGranted => "role.granted",
            Self::RoleRevoked => "role.revoked",
            Self::AccessDenied => "authz.denied",
            Self::RequestMade => "request.made",
            Self::RequestApproved => "request.approved",
            Self::RequestRefused => "request.refused",
            Self::RequestWithdrawn => "request.withdrawn",
            Self::PersonClosed => "person.closed",
            Self::PersonReopened => "person.reopened",
            Self::CprSought => "cpr.sought",
            Self::TrailRead => "trail.read",
            Self::TrailExported => "trail.exported",
            Self::TrailVerified => "trail.verified",
            Self::TermsPublished => "terms.published",
            Self::TermsAccepted => "terms.accepted",
            Self::IdentityProved => "identity.proved",
            Self::ProofingApproved => "identity.approved",
            Self::ProofingRevoked => "identity.revoked",
            Self::ProofingRefused => "identity.refused",
            Self::MitidAnswered => "mitid.answered",
            Self::MitidUsed => "mitid.used",
            Self::MitidRefused => "mitid.refused",
            Self::ClientSaved => "relying_party.saved",
            Self::ClientRemoved => "relying_party.removed",
            Self::MailQueued => "mail.queued",
            Self::MailSent => "mail.sent",
            Self::MailFailed => "mail.failed",
            Self::MailDead => "mail.dead",
            Self::MailTested => "mail.tested",
            Self::MailRetried => "mail.retried",
            Self::RetentionRun => "retention.run",
            Self::ServerStarted => "server.started",
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, by id.
    Person(Id<Person>),
    /// Somebody not logged in.
    Visitor,
    /// A relying party, by entity ID.
    Client(String),
    /// An operator at the command line, by account name.
    Operator(String),
    /// The server itself.
    System,
}

impl Actor {
    /// How it is written down.
    pub fn to_text(&self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::Visitor => "visitor".to_owned(),
            Self::Client(entity_id) => format!("client:{entity_id}"),
            Self::Operator(name) => format!("operator:{name}"),
            Self::System => "system".to_owned(),
        }
    }
}

/// One event of the trail.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id.
    pub id: Id<Event>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: Kind,
    /// Who did it.
    pub actor: Actor,
    /// To whom it happened.
    pub subject: Option<Id<Person>>,
    /// The correlation code that the log lines of the same request carry.
    pub incident: Incident,
    /// The rest, as pairs: `reason`, `client`, `request_id`, `level`, ... Values at most 256 characters, never a CPR number.
    pub details: BTreeMap<&'static str, String>,
}

impl Event {
    /// An event of `kind` by `actor`, now.
    pub fn new(kind: Kind, actor: Actor, now: Timestamp, incident: &Incident, random: &dyn Random) -> Self {
        Self { id: Id::random(random), at: now, kind, actor, subject: None, incident: incident.clone(), details: BTreeMap::new() }
    }

    /// Says to whom it happened.
    #[must_use]
    pub fn about(mut self, subject: Id<Person>) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Adds a detail; long values are cut at 256 characters.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.details.insert(name, value.to_string().chars().take(256).collect());
        self
    }
}
