//! Which XML encryption Debian 12's service providers can open, found out by sending each to the real software.
//!
//! | | mellon 0.18.1 (lasso 2.8.1, xmlsec 1.2.37) | Shibboleth SP 3.4.1 (XML-Security-C 2.0.4) |
//! |---|---|---|
//! | AES-128/256, CBC and GCM | opens | opens |
//! | `rsa-oaep-mgf1p` with SHA-1 | opens | opens |
//! | `rsa-oaep-mgf1p` with SHA-256 | refuses | opens |
//! | `rsa-oaep` (XML Encryption 1.1), SHA-1 or SHA-256, MGF1 with SHA-1, SHA-256 or not named | refuses | opens |
//!
//! A refusing mellon answers 400 and logs "When looking for an assertion we did not found it".

/// Key transport, with its digest and mask generation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTransport {
    /// `rsa-oaep-mgf1p` with SHA-1: OAEP as XML Encryption 1.0 knows it.
    OaepMgf1p,
    /// `rsa-oaep` of XML Encryption 1.1 with SHA-256 and MGF1 with SHA-256.
    OaepSha256,
    /// `rsa-oaep` of XML Encryption 1.1 with SHA-256 and MGF1 with SHA-1.
    OaepSha256Mgf1Sha1,
}

/// The algorithms a metadata offers, in order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithms {
    /// Block ciphers by their short names: `aes128-cbc`, `aes256-cbc`, `aes128-gcm`, `aes256-gcm`.
    pub blocks: Vec<&'static str>,
    /// Key transports.
    pub transports: Vec<KeyTransport>,
}

impl Algorithms {
    /// One block cipher and one key transport.
    pub fn only(block: &'static str, transport: KeyTransport) -> Self {
        Self { blocks: vec![block], transports: vec![transport] }
    }

    /// The `md:EncryptionMethod` elements, for a document that binds `md`.
    pub fn elements(&self) -> String {
        let blocks = self.blocks.iter().map(|name| format!("<md:EncryptionMethod Algorithm=\"{}\"/>\n", block_uri(name)));
        blocks.chain(self.transports.iter().map(|transport| transport.element())).collect()
    }
}

impl KeyTransport {
    /// The algorithm's identifier.
    pub fn uri(self) -> &'static str {
        match self {
            Self::OaepMgf1p => "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
            Self::OaepSha256 | Self::OaepSha256Mgf1Sha1 => "http://www.w3.org/2009/xmlenc11#rsa-oaep",
        }
    }

    fn element(self) -> String {
        let (digest, mask) = match self {
            Self::OaepMgf1p => ("http://www.w3.org/2000/09/xmldsig#sha1", None),
            Self::OaepSha256 => ("http://www.w3.org/2001/04/xmlenc#sha256", Some("mgf1sha256")),
            Self::OaepSha256Mgf1Sha1 => ("http://www.w3.org/2001/04/xmlenc#sha256", Some("mgf1sha1")),
        };
        let mask = mask.map(|name| format!("<xenc11:MGF xmlns:xenc11=\"{XENC11}\" Algorithm=\"{XENC11}{name}\"/>"));
        format!(
            "<md:EncryptionMethod Algorithm=\"{}\"><ds:DigestMethod xmlns:ds=\"{DSIG}\" Algorithm=\"{digest}\"/>{}</md:EncryptionMethod>\n",
            self.uri(),
            mask.unwrap_or_default()
        )
    }
}

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";

/// The identifier of a block cipher by its short name.
pub fn block_uri(name: &str) -> String {
    let space = if name.ends_with("gcm") { XENC11 } else { "http://www.w3.org/2001/04/xmlenc#" };
    format!("{space}{name}")
}
