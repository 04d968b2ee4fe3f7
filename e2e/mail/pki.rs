//! Certificates of the tests' mail servers: an authority of its own, and what it issues, good and bad.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    x509::{
        X509, X509Builder, X509NameBuilder,
        extension::{BasicConstraints, SubjectAlternativeName},
    },
};
use portvagt::base::clock::{Clock, SystemClock};

/// A certificate with its key.
#[derive(Clone)]
pub struct Pair {
    /// The key.
    pub key: PKey<Private>,
    /// The certificate.
    pub certificate: X509,
}

/// An authority.
pub struct Authority(Pair);

fn key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    PKey::from_ec_key(EcKey::generate(&curve).expect("a key")).expect("a key")
}

/// A certificate half made: name, key, and `days` of validity from `from` days ago.
fn begun(name: &str, key: &PKey<Private>, serial: u32, (ago, days): (i64, i64)) -> X509Builder {
    let mut subject = X509NameBuilder::new().expect("a name");
    subject.append_entry_by_nid(Nid::COMMONNAME, name).expect("a name");
    let subject = subject.build();
    let mut builder = X509::builder().expect("a certificate");
    builder.set_version(2).expect("version 3");
    builder.set_serial_number(&BigNum::from_u32(serial).expect("a number").to_asn1_integer().expect("a number")).expect("a serial");
    builder.set_subject_name(&subject).expect("a subject");
    builder.set_issuer_name(&subject).expect("an issuer");
    builder.set_pubkey(key).expect("a key");
    let day = 86_400;
    let now = SystemClock.now().as_second();
    builder.set_not_before(&Asn1Time::from_unix(now - ago * day).expect("a time")).expect("a time");
    builder.set_not_after(&Asn1Time::from_unix(now + (days - ago) * day).expect("a time")).expect("a time");
    builder
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        Self::named("Mail test authority")
    }

    /// A new one that nobody trusts.
    pub fn stranger() -> Self {
        Self::named("Somebody else")
    }

    fn named(name: &str) -> Self {
        let key = key();
        let mut builder = begun(name, &key, 1, (1, 3));
        builder.append_extension(BasicConstraints::new().critical().ca().build().expect("an extension")).expect("an extension");
        builder.sign(&key, MessageDigest::sha256()).expect("signed");
        Self(Pair { certificate: builder.build(), key })
    }

    /// A certificate for this host, valid now.
    pub fn issue(&self, host: &str) -> Pair {
        self.issue_for(host, (1, 3))
    }

    /// A certificate for this host that ran out yesterday.
    pub fn issue_expired(&self, host: &str) -> Pair {
        self.issue_for(host, (3, 2))
    }

    fn issue_for(&self, host: &str, validity: (i64, i64)) -> Pair {
        let key = key();
        let mut builder = begun(host, &key, 2, validity);
        builder.set_issuer_name(self.0.certificate.subject_name()).expect("an issuer");
        let name = SubjectAlternativeName::new().dns(host).build(&builder.x509v3_context(Some(&self.0.certificate), None)).expect("a name");
        builder.append_extension(name).expect("an extension");
        builder.sign(&self.0.key, MessageDigest::sha256()).expect("signed");
        Pair { certificate: builder.build(), key }
    }

    /// The authority's own certificate, in PEM.
    pub fn pem(&self) -> Vec<u8> {
        self.0.certificate.to_pem().expect("PEM")
    }
}
