//! Whether a relying party gets a bootstrap token with this assertion, and if not, why: said in the trail and the log in
//! either case. The token is signed when the assertion is. The path goes on in `protocol::saml::bootstrap`.

use crate::{
    crypto::keyring::{Certificate, KeyError},
    domain::{
        bootstrap::{ATTRIBUTE, Grant, Holder, Terms, Withheld},
        statement::Statement,
    },
    protocol::saml::bootstrap::{self, Token, TokenContent},
    service::{
        cpr,
        ground::Ground,
        saml::{Desk, Refused, Registered as Party},
    },
    storage::{bootstraps, cprs, sessions::Standing},
};

/// What is decided about the tokens of a relying party, its certificate read.
#[derive(Debug)]
pub struct Registered {
    /// The terms.
    pub terms: Terms,
    /// The certificate they name.
    pub certificate: Certificate,
}

impl Registered {
    /// Reads the certificate of the terms.
    pub(super) fn read(terms: Terms) -> Result<Self, KeyError> {
        Ok(Self { certificate: Certificate::from_der(&terms.certificate)?, terms })
    }
}

/// A token that is to be made, or why there is none. `None`: nobody thought of one.
pub(super) type Verdict = Option<Result<Grant, Withheld>>;

/// Whether the relying party gets one beside `statement`.
pub(super) async fn judge(ground: &Ground, party: &Party, standing: &Standing, statement: &Statement) -> Result<Verdict, Refused> {
    let Some(registered) = &party.bootstrap else {
        let asked = party.metadata.requested.iter().any(|attribute| attribute.name == ATTRIBUTE);
        return Ok(asked.then_some(Err(Withheld::NoCertificate)));
    };
    if !party.client.terms.encrypt {
        return Ok(Some(Err(Withheld::NotEncrypted)));
    }
    Ok(Some(grant(ground, registered, standing, statement).await?))
}

async fn grant(
    ground: &Ground,
    registered: &Registered,
    standing: &Standing,
    statement: &Statement,
) -> Result<Result<Grant, Withheld>, Refused> {
    let now = ground.clock.now();
    if now < registered.certificate.not_before() || now >= registered.certificate.not_after() {
        return Ok(Err(Withheld::CertificateDate));
    }
    let person = &standing.person;
    let sealed = if registered.terms.profile.tells_cpr() { cprs::of(&ground.db, person.id).await? } else { None };
    let holder = Holder {
        person,
        organisation: &standing.organisation,
        uuid_is_registered: bootstraps::uuid_is_registered(&ground.db, person.id).await?,
        cpr: sealed.map(|sealed| cpr::open(ground, person.id, &sealed.cipher)).transpose()?.flatten(),
    };
    Ok(Grant::about(statement, holder, &registered.terms))
}

/// Makes the token of a grant.
pub(super) fn sign(desk: &Desk, ground: &Ground, party: &Party, (grant, id): (&Grant, &str)) -> Result<Token, Refused> {
    let Some(registered) = &party.bootstrap else { return Err(Refused::Internal("a grant without terms".to_owned())) };
    let content = TokenContent { id, issuer: &desk.own.entity_id, issued_at: ground.clock.now(), holder: &registered.certificate };
    Ok(bootstrap::token(&content, grant, desk.keyring.for_bootstrap())?)
}
