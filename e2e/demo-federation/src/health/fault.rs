//! What the STS says when it does not do what it is asked: the documented codes, actors and texts. Where a text is not known
//! outside, it is our own and begins with "Simulated:". Faults come with HTTP status 200; the body tells. Next: `sts`.

use portvagt::crypto::canonical::{Unwritable, Writer};

use super::soap::{SOAP, WST};

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({actor}): {words}")]
pub struct Fault {
    /// `InvalidRequest`, `RequestFailed`, `FailedAuthentication`.
    pub code: &'static str,
    /// Who in the STS says so.
    pub actor: &'static str,
    /// Why.
    pub words: String,
}

const BST2SOSI: &str = "dk:sosi:sts:bst2sosi";

impl Fault {
    /// The signature around the request is not its signer's.
    pub fn envelope() -> Self {
        Self { code: "InvalidRequest", actor: BST2SOSI, words: "Unable to validate envelope signature".to_owned() }
    }

    /// The request is not as it should be.
    pub fn request(words: &str) -> Self {
        Self { code: "InvalidRequest", actor: BST2SOSI, words: words.to_owned() }
    }

    /// The token is not good enough; `words` are ours.
    pub fn token(words: &str) -> Self {
        Self { code: "RequestFailed", actor: BST2SOSI, words: format!("Simulated: {words}") }
    }

    /// The token is not good enough; `words` are the documented ones.
    pub fn documented(words: String) -> Self {
        Self { code: "RequestFailed", actor: BST2SOSI, words }
    }

    /// No name of the calling system.
    pub fn no_system() -> Self {
        Self { code: "InvalidRequest", actor: "dk:sosi:sts:nbo", words: "Simulated: IT System must be specified.".to_owned() }
    }

    /// The person may not be what was asked for.
    pub fn authorisation(words: String) -> Self {
        Self { code: "FailedAuthentication", actor: "dk:sosi:sts:autorisation", words }
    }

    /// As it is sent.
    pub fn to_soap(&self) -> Result<String, Unwritable> {
        let mut w = Writer::new();
        w.open("soap:Envelope", &[("xmlns:soap", Some(SOAP))])?;
        w.open("soap:Body", &[])?;
        w.open("soap:Fault", &[])?;
        w.leaf("faultcode", &[("xmlns:wst", Some(WST))], &format!("wst:{}", self.code))?;
        w.leaf("faultstring", &[], &self.words)?;
        w.leaf("faultactor", &[], self.actor)?;
        Ok(w.finish())
    }
}
