//! What operators decide about the bootstrap tokens of a relying party, and whose UUID a national register knows. The path
//! goes on in `storage::bootstraps`; tokens are made in `saml::bootstrap`.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    crypto::{
        canonical,
        keyring::{Certificate, KeyError, PeerKey},
    },
    domain::{
        assurance::Level,
        audit::Kind,
        bootstrap::{self, Profile, Terms},
        client::Client,
        person::{Person, Username},
    },
    service::{clients, ground::Ground, operator::Operator, people},
    storage::{bootstraps, fault::Fault, people::Taken},
};

/// The shortest and the longest life of a token, in seconds.
pub const LIFETIMES: std::ops::RangeInclusive<i64> = 30..=12 * 3600;

/// Why an act was not done; each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The relying party is not there.
    #[error(transparent)]
    Client(#[from] clients::Refusal),
    /// The person is not there.
    #[error(transparent)]
    Person(#[from] people::Refusal),
    /// There are no terms yet, and no certificate was given.
    #[error("name the certificate of the STS client: '{0}' has none yet")]
    NoCertificate(String),
    /// The certificate cannot be used.
    #[error("the certificate of the STS client: {0}")]
    Certificate(#[from] KeyError),
    /// Its time is over or has not come.
    #[error("the certificate of the STS client is valid from {0} until {1}, not now")]
    CertificateDate(Timestamp, Timestamp),
    /// A token goes by an encrypted assertion only.
    #[error("'{0}' is registered without encryption; a token says too much of a person for that")]
    NotEncrypted(String),
    /// The audience is no URI.
    #[error("the audience is the STS's name, an absolute URI as https://sts.sosi.dk/ (the slash counts)")]
    Audience,
    /// The environment is no name.
    #[error("an environment is a name of 1 to 40 letters")]
    Environment,
    /// The lifetime is out of bounds.
    #[error("a token lives from {} seconds to {} hours", LIFETIMES.start(), LIFETIMES.end() / 3600)]
    Lifetime,
    /// There is nothing to take away.
    #[error("'{0}' gets no bootstrap tokens")]
    Nothing(String),
    /// A UUID of zeros.
    #[error("that UUID is nobody's")]
    Nil,
    /// Somebody else has it.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What is to be decided; what is `None` stays as it is.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The STS client's certificate (DER).
    pub certificate: Option<Vec<u8>>,
    /// The shape.
    pub profile: Option<Profile>,
    /// The STS's name here.
    pub environment: Option<String>,
    /// The STS's own name.
    pub audience: Option<String>,
    /// How long, in seconds.
    pub lifetime_seconds: Option<i64>,
    /// From which level.
    pub least_level: Option<Level>,
    /// Whether the login fails without a token.
    pub required: Option<bool>,
}

/// Has the relying party get tokens, or changes how. What it comes to.
pub async fn set(ground: &Ground, by: &Operator, entity_id: &str, wanted: Wanted) -> Result<Terms, Refusal> {
    let client = clients::find(ground, entity_id).await?;
    if !client.terms.encrypt {
        return Err(Refusal::NotEncrypted(client.entity_id));
    }
    let before = bootstraps::of(&ground.db, client.id).await?;
    let certificate = wanted.certificate.or_else(|| before.as_ref().map(|before| before.certificate.clone()));
    let certificate = certificate.ok_or_else(|| Refusal::NoCertificate(client.entity_id.clone()))?;
    let before = before.unwrap_or_else(|| Terms {
        profile: Profile::OioH3,
        environment: "production".to_owned(),
        audience: bootstrap::STS.to_owned(),
        certificate: Vec::new(),
        lifetime_seconds: 3600,
        least_level: Level::Substantial,
        required: false,
    });
    let terms = Terms {
        profile: wanted.profile.unwrap_or(before.profile),
        environment: wanted.environment.unwrap_or(before.environment),
        audience: wanted.audience.unwrap_or(before.audience),
        certificate,
        lifetime_seconds: wanted.lifetime_seconds.unwrap_or(before.lifetime_seconds),
        least_level: wanted.least_level.unwrap_or(before.least_level),
        required: wanted.required.unwrap_or(before.required),
    };
    let certificate = check(ground, &terms)?;
    let mut tx = ground.db.begin().await?;
    bootstraps::save(&mut tx, client.id, &terms).await?;
    let event = by.event(ground, Kind::ClientSaved).with("client", &client.entity_id).with("bootstrap", terms.profile);
    let event = event.with("environment", &terms.environment).with("audience", &terms.audience).with("lifetime", terms.lifetime_seconds);
    let event = event.with("certificate", certificate.fingerprint()).with("least_level", terms.least_level);
    tx.commit(event.with("required", terms.required)).await?;
    Ok(terms)
}

fn check(ground: &Ground, terms: &Terms) -> Result<Certificate, Refusal> {
    let certificate = PeerKey::from_der(&terms.certificate)?.certificate().clone();
    let now = ground.clock.now();
    if now < certificate.not_before() || now >= certificate.not_after() {
        return Err(Refusal::CertificateDate(certificate.not_before(), certificate.not_after()));
    }
    let is_uri = url::Url::parse(&terms.audience).is_ok() && !terms.audience.contains(char::is_whitespace);
    if !is_uri || terms.audience.len() > 256 || !canonical::is_plain(&terms.audience) {
        return Err(Refusal::Audience);
    }
    if terms.environment.trim().is_empty() || terms.environment.chars().count() > 40 || !canonical::is_plain(&terms.environment) {
        return Err(Refusal::Environment);
    }
    if !LIFETIMES.contains(&terms.lifetime_seconds) {
        return Err(Refusal::Lifetime);
    }
    Ok(certificate)
}

/// What was decided about the relying party, with its certificate read.
pub async fn of(ground: &Ground, entity_id: &str) -> Result<(Client, Terms, Certificate), Refusal> {
    let client = clients::find(ground, entity_id).await?;
    let terms = bootstraps::of(&ground.db, client.id).await?.ok_or_else(|| Refusal::Nothing(client.entity_id.clone()))?;
    let certificate = Certificate::from_der(&terms.certificate)?;
    Ok((client, terms, certificate))
}

/// It gets tokens no longer.
pub async fn remove(ground: &Ground, by: &Operator, entity_id: &str) -> Result<(), Refusal> {
    let client = clients::find(ground, entity_id).await?;
    let mut tx = ground.db.begin().await?;
    if !bootstraps::remove(&mut tx, client.id).await? {
        return Err(Refusal::Nothing(client.entity_id));
    }
    Ok(tx.commit(by.event(ground, Kind::ClientSaved).with("client", &client.entity_id).with("bootstrap", "none")).await?)
}

/// States the UUID by which a national register (MitID Erhverv) knows the person.
pub async fn state_uuid(ground: &Ground, by: &Operator, username: &Username, uuid: Uuid) -> Result<Person, Refusal> {
    if uuid.is_nil() {
        return Err(Refusal::Nil);
    }
    let person = people::find(ground, username).await?;
    let mut tx = ground.db.begin().await?;
    if !bootstraps::change_uuid(&mut tx, person.id, uuid).await? {
        return Err(Taken::PersistentUuid.into());
    }
    bootstraps::state_uuid(&mut tx, person.id, ground.clock.now()).await?;
    tx.commit(by.event(ground, Kind::UuidStated).about(person.id).with("uuid", uuid)).await?;
    Ok(people::find(ground, username).await?)
}
