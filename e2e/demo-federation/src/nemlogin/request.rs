//! Judges a service provider's request as NemLog-in does: known by its metadata, signed by its key, meant for us, fresh, to be
//! answered at an address of its metadata, asking for a level by `minimum` (OIO-SP-06). Next: `answer`.

use jiff::Timestamp;
use portvagt::{
    crypto::{
        keyring::PeerKey,
        reason::Reason,
        xmlenc::{EncryptError, Suite},
    },
    domain::assurance::Level,
    protocol::saml::{
        SKEW,
        fault::Fault,
        metadata::{self, Allow, MetadataError},
        request::{self, RequestedContext},
        wire,
    },
};

/// What is wrong with a request.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// No metadata was given.
    #[error("no service provider's metadata has been uploaded (--sp-metadata)")]
    Nobody,
    /// The metadata cannot be used.
    #[error("the service provider's metadata: {0}")]
    Metadata(#[from] MetadataError),
    /// It names no key to encrypt to.
    #[error("the service provider's metadata names no key to encrypt to")]
    NoKey,
    /// Or none that can be used.
    #[error("the service provider's metadata: {0}")]
    Encryption(#[from] EncryptError),
    /// The request is not sound.
    #[error("the request is refused: {0}")]
    Request(#[from] Reason),
    /// It asks for what is not served.
    #[error("the request asks for what is not served: {0}")]
    Asks(#[from] Fault),
}

/// A sound request, as far as the answer needs it.
#[derive(Clone)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// Who asked.
    pub service: String,
    /// Where the answer goes.
    pub acs: String,
    /// To be given back unchanged.
    pub relay_state: Option<String>,
    /// The least level.
    pub least: Level,
    /// What the answer is encrypted to.
    pub key: PeerKey,
    /// How.
    pub suite: Suite,
}

impl Asked {
    /// Where a form may lead besides here.
    pub fn origins(&self) -> Vec<String> {
        url::Url::parse(&self.acs).map(|url| url.origin().ascii_serialization()).into_iter().collect()
    }
}

/// Judges the query of a redirect.
pub fn judge(query: &str, sp_metadata: Option<&[u8]>, sso: &str, now: Timestamp) -> Result<Asked, Wrong> {
    let sp = metadata::parse(sp_metadata.ok_or(Wrong::Nobody)?, now, Allow::default())?;
    let unverified = request::parse(wire::from_query(query)?)?;
    if unverified.issuer() != sp.entity_id {
        return Err(Reason::UnknownSp.into());
    }
    let verified = unverified.verify(&sp.signing)?;
    let request = verified.message();
    request.check_destination(sso)?;
    request.check_clock(now, SKEW)?;
    request.check_supported()?;
    let (key, suite) = sp.encryption(false).ok_or(Wrong::NoKey)??;
    Ok(Asked {
        id: request.id.clone(),
        service: sp.entity_id.clone(),
        acs: request.choose_acs(&sp)?.location.clone(),
        relay_state: verified.relay_state().map(str::to_owned),
        least: level(request.context.as_ref())?,
        key: key.clone(),
        suite,
    })
}

/// The weakest of the levels asked for (OIO-SP-06): `Comparison` must be `minimum`. A profile besides is fine, we serve persons.
fn level(context: Option<&RequestedContext>) -> Result<Level, Fault> {
    let Some(context) = context else { return Ok(Level::Low) };
    let named = |class: &String| [Level::Low, Level::Substantial, Level::High].into_iter().find(|level| level.context_class() == class);
    match context.classes.iter().filter_map(named).min() {
        Some(_) if context.comparison != "minimum" => Err(Fault::NoAuthnContext),
        Some(level) => Ok(level),
        None if context.classes.iter().any(|class| class == "https://data.gov.dk/eid/Person") => Ok(Level::Low),
        None => Err(Fault::NoAuthnContext),
    }
}
